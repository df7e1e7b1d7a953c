import type { ProviderContext } from '../registry.ts'
import { type AccessOptions, accessSource, processEnvironment } from './access.ts'
import { Cluster } from './cluster.ts'

/** Those of each process, which is known by what it gives its providers. */
const known = new WeakMap<ProviderContext, Map<string, Cluster>>()

/** The cluster that options lead to: the same for all providers of a process. @throws Error where they lead to none */
export function clusterFor(context: ProviderContext, options: AccessOptions): Cluster {
  const environment = processEnvironment()
  const source = accessSource(options, environment)
  const key = JSON.stringify(source)
  let clusters = known.get(context)
  if (clusters === undefined) {
    clusters = new Map()
    known.set(context, clusters)
  }
  let cluster = clusters.get(key)
  if (cluster === undefined) {
    cluster = new Cluster(source, environment)
    clusters.set(key, cluster)
  }
  return cluster
}
