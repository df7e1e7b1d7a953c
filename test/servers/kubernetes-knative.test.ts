import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { ApiServer, type Manifest, manifestsIn } from './support/kubernetes.ts'
import { knativeIngress, rightsOf, rulesWithout } from './support/kubernetes-objects.ts'
import { type Source, startSource } from './support/source.ts'

/** Ingresses of Knative on a real API server that has its definition. */

const DEFINITION = path.join(import.meta.dirname, '../facts/knative/definition.yml')
const KNATIVE = '--experimental.knative=true'
const READER = 'token-of-the-reader'
const ROUTER = 'shop-hello-rule-0-path-0'

const ingress = (host: string, name = 'hello'): Manifest => knativeIngress(name, 'first', host)

const sources: Source[] = []
let api: ApiServer

beforeAll(async () => {
  api = await ApiServer.create()
  api.setTokens({ [READER]: 'reader' })
  await api.start()
  await api.install(manifestsIn(DEFINITION))
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await api.apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'first', namespace: 'shop' },
    spec: { ports: [{ name: 'http', port: 80 }] },
  })
  await api.apply(ingress('hello.test'))
}, 180_000)
afterEach(async () => {
  for (const source of sources.splice(0)) await source.stop()
})
afterAll(() => api.stop())

async function start(flags: readonly string[]): Promise<Source> {
  const source = await startSource(flags)
  sources.push(source)
  return source
}

const statusOf = async (name = 'hello') => {
  const { status, metadata } = (await api.get(ingress('', name))) as Manifest & {
    readonly status?: Readonly<Record<string, unknown>>
    readonly metadata: { readonly resourceVersion?: string }
  }
  return { status: status ?? {}, version: metadata.resourceVersion }
}

describe('the provider', () => {
  test('makes routes to the address of the cluster, and writes the status once', async () => {
    const place = ['--providers.knative.publicService.name=front', '--providers.knative.publicService.namespace=shop']
    const source = await start([KNATIVE, ...api.flags('knative'), ...place])
    await source.until(({ http }) => http?.routers?.[ROUTER]?.rule === '(Host("hello.test"))', 30_000)
    const { status } = await until(statusOf, ({ status }) => status.observedGeneration === 1, 30_000)
    expect(status.publicLoadBalancer).toEqual({ ingress: [{ domainInternal: 'front.shop.svc.cluster.local' }] })
    expect(status.privateLoadBalancer).toEqual({})
    const time = expect.stringMatching(/^\d{4}-.*Z$/) as string
    expect(status.conditions).toEqual(
      ['LoadBalancerReady', 'NetworkConfigured', 'Ready'].map((type) => ({
        type,
        status: 'True',
        lastTransitionTime: time,
      })),
    )

    const { version } = await statusOf()
    await api.apply(ingress('other.test', 'other'))
    await source.until(({ http }) => http?.routers?.['shop-other-rule-0-path-0'] !== undefined, 30_000)
    await until(
      () => statusOf('other'),
      (found) => found.status.observedGeneration === 1,
      30_000,
    )
    await sleep(500)
    expect((await statusOf()).version).toBe(version)

    const before = status.conditions
    await api.apply(ingress('moved.test'))
    await source.until(({ http }) => http?.routers?.[ROUTER]?.rule === '(Host("moved.test"))', 30_000)
    const after = await until(statusOf, (found) => found.status.observedGeneration === 2, 30_000)
    expect(after.status.conditions).toEqual(before)
  })

  test('goes on without the right to write the status, and says which rule to add', async () => {
    const rules = [
      ...rulesWithout('configmaps'),
      { apiGroups: ['networking.internal.knative.dev'], resources: ['ingresses'], verbs: ['get', 'list', 'watch'] },
    ]
    for (const manifest of rightsOf('reader', rules)) await api.apply(manifest)
    const source = await start([
      ...[KNATIVE, ...api.flags('knative', READER)],
      ...['--providers.knative.privateService.name=in', '--providers.knative.privateService.namespace=shop'],
    ])
    await source.until(({ http }) => http?.routers?.[ROUTER] !== undefined, 30_000)
    await until(
      () => source.problems.map(({ hint }) => hint).join('\n'),
      (text) => text.includes('networking.internal.knative.dev'),
      30_000,
    )
  })
})
