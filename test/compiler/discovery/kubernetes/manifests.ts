import { parseAllDocuments } from 'yaml'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { ObjectWorld } from '../../../../src/compiler/discovery/kubernetes/world.ts'

const CLUSTER = new Set(['Node', 'Namespace', 'IngressClass', 'GatewayClass'])

/** Objects as the API server would give them: in a namespace, `stringData` as `data`. */
export const objectsOf = (manifests: string): KubernetesObject[] =>
  parseAllDocuments(manifests)
    .map((document) => document.toJS() as (KubernetesObject & { stringData?: Record<string, string> }) | null)
    .filter((object) => object !== null)
    .map(({ stringData, ...object }) => ({
      ...object,
      metadata: CLUSTER.has(object.kind) ? object.metadata : { namespace: 'default', ...object.metadata },
      ...(stringData === undefined ? {} : { data: encoded(stringData) }),
    })) as KubernetesObject[]

const encoded = (texts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]))

/** A cluster that holds them. */
export const worldOf = (manifests: string): ObjectWorld => {
  const world = new ObjectWorld()
  for (const object of objectsOf(manifests)) world.set(object)
  return world
}
