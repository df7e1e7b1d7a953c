import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { until } from '../support/until.ts'
import { ApiServer, type Manifest, manifestsIn } from './support/kubernetes.ts'
import { ingressRoute, NAMESPACE, namespace } from './support/kubernetes-objects.ts'
import { startSource } from './support/source.ts'

interface Pod extends Manifest {
  readonly status: { readonly podIP?: string }
  readonly metadata: Manifest['metadata'] & { readonly deletionTimestamp?: string }
}

const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`

let api: ApiServer
let stopControllers: () => Promise<void>
beforeAll(async () => {
  api = await ApiServer.create()
  await api.start()
  await api.install(
    manifestsIn(path.join(import.meta.dirname, '../../examples/kubernetes/kubernetes-crd-definition-v1.yml')),
  )
  await api.apply(namespace())
  await api.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'machine' } })
  stopControllers = await api.startControllers()
}, 90_000)
afterAll(async () => {
  await stopControllers()
  await api.stop()
})

const deployment = (replicas: number): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'app', namespace: NAMESPACE },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'app' } },
    template: {
      metadata: { labels: { app: 'app' } },
      spec: { containers: [{ name: 'app', image: 'app', ports: [{ name: 'web', containerPort: 8080 }] }] },
    },
  },
})

const pods = async (): Promise<readonly Pod[]> =>
  (JSON.parse((await api.request('GET', PODS)).text) as { items: readonly Pod[] }).items

/** What a machine does for Pods: each gets an address and is ready. */
async function runPods(count: number): Promise<void> {
  const waiting = await until(pods, ({ length }) => length === count)
  for (const [at, { metadata }] of waiting.entries()) {
    const target = { apiVersion: 'v1', kind: 'Node', name: 'machine' }
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: metadata.name }, target }
    await api.request('POST', `${PODS}/${metadata.name}/binding`, JSON.stringify(binding))
    const podIP = `10.1.0.${at + 1}`
    const conditions = [{ type: 'Ready', status: 'True' }]
    const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions }
    await api.request(
      'PATCH',
      `${PODS}/${metadata.name}/status`,
      JSON.stringify({ status }),
      'application/merge-patch+json',
    )
  }
}

const serversIn = ({ http }: DynamicConfig): string =>
  Object.values(http?.services ?? {})
    .flatMap(({ loadBalancer }) => loadBalancer?.servers ?? [])
    .map(({ url, fenced }) => `${url}${fenced === true ? ' fenced' : ''}`)
    .sort()
    .join()

test('Pods of a Deployment are servers; one that is about to end gets nothing new, and then is gone', async () => {
  await api.apply(deployment(2))
  await api.apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'app', namespace: NAMESPACE },
    spec: { selector: { app: 'app' }, ports: [{ name: 'web', port: 80, targetPort: 'web' }] },
  })
  await api.apply(ingressRoute('page'))
  await runPods(2)
  const source = await startSource(api.flags('kubernetesCRD'))
  try {
    await source.until((config) => serversIn(config) === 'http://10.1.0.1:8080,http://10.1.0.2:8080', 20_000)
    await api.apply(deployment(1))
    const [ending] = await until(
      async () => (await pods()).filter(({ metadata }) => metadata.deletionTimestamp !== undefined),
      ({ length }) => length === 1,
    )
    const gone = `http://${ending!.status.podIP}:8080`
    await source.until((config) => serversIn(config).includes(`${gone} fenced`), 20_000)
    await api.request('DELETE', `${PODS}/${ending!.metadata.name}?gracePeriodSeconds=0`)
    await source.until((config) => !serversIn(config).includes(gone), 20_000)
    expect(source.messages.at(-1)!.http?.services).not.toEqual({})
  } finally {
    await source.stop()
  }
})
