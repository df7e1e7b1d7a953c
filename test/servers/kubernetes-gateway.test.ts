import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { until } from '../support/until.ts'
import { definitionsOfGateways } from './support/gateway-api.ts'
import { ApiServer, type Manifest } from './support/kubernetes.ts'
import {
  endpoints,
  GATEWAY_RULES,
  gateway,
  gatewayClass,
  httpRoute,
  namespace,
  rightsOf,
  rulesWithout,
  service,
  tcpRoute,
} from './support/kubernetes-objects.ts'
import { type Source, startSource } from './support/source.ts'

const READER = 'token-of-the-reader'
const OPTION = '--providers.kubernetesGateway'
const CONTROLLER = 'traefik.io/gateway-controller'

let api: ApiServer
const sources: Source[] = []
/** What a test made, the last one first. */
let made: Manifest[] = []

beforeAll(async () => {
  api = await ApiServer.create()
  api.setTokens({ [READER]: 'reader' })
  await api.start()
  await api.install(definitionsOfGateways('standard'))
  await api.apply(namespace())
}, 150_000)
afterAll(() => api.stop())
beforeEach(async () => {
  made = []
  await make(gatewayClass(), service('app'), endpoints('app', '10.1.0.1'), gateway('edge'), httpRoute('kept'))
})
afterEach(async () => {
  for (const source of sources.splice(0)) await source.stop()
  for (const manifest of made.reverse()) await api.delete(manifest)
})

async function make(...manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests) {
    await api.apply(manifest)
    made.push(manifest)
  }
}

async function start(more: readonly string[] = [], token?: string): Promise<Source> {
  const flags = [
    ...api.flags('kubernetesGateway', token),
    '--entryPoints.web.address=:80',
    '--entryPoints.tcp.address=:90',
  ]
  const source = await startSource([...flags, '--providers.providersThrottleDuration=0s', ...more])
  sources.push(source)
  return source
}

/** `kept,later`: routes that have routers. */
const routes = (wanted: string) => (config: DynamicConfig) =>
  Object.values(config.http?.routers ?? {})
    .map(({ rule }) => /Host\("([^".]*)\.test"\)/.exec(rule ?? '')?.[1])
    .sort()
    .join() === wanted

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly lastTransitionTime: string
  readonly observedGeneration: number
}

interface Status {
  readonly addresses?: readonly object[]
  readonly conditions?: readonly Condition[]
  readonly listeners?: readonly { readonly attachedRoutes: number; readonly conditions: readonly Condition[] }[]
  readonly parents?: readonly { readonly controllerName: string; readonly conditions: readonly Condition[] }[]
}

const statusOf = async (manifest: Manifest): Promise<Status> =>
  ((await api.get(manifest)) as unknown as { readonly status?: Status }).status ?? {}
const said = (conditions: readonly Condition[] = []): string =>
  conditions.map(({ type, status }) => `${type} ${status}`).join()
const parentSaid = async (route: Manifest): Promise<string> => {
  const { parents = [] } = await statusOf(route)
  return said(parents.find(({ controllerName }) => controllerName === CONTROLLER)?.conditions)
}
const attached = async (): Promise<number | undefined> =>
  (await statusOf(gateway('edge'))).listeners?.[0]?.attachedRoutes
const versionOf = async (manifest: Manifest): Promise<string> =>
  ((await api.get(manifest)).metadata as unknown as { resourceVersion: string }).resourceVersion

const untilSaid = <T>(look: () => Promise<T>, wanted: T) =>
  until(look, (value) => JSON.stringify(value) === JSON.stringify(wanted), 20_000)

describe('Gateways', () => {
  test('have the routes that are attached to them, and so their status says', async () => {
    const source = await start([`${OPTION}.statusAddress.hostname=edge.test`])
    await source.until(routes('kept'))
    expect(source.report).toMatchObject({ name: 'kubernetesgateway', status: 'live', peer: api.address })
    expect(source.problems).toEqual([])
    await untilSaid(attached, 1)
    await untilSaid(() => parentSaid(httpRoute('kept')), 'Accepted True,ResolvedRefs True')
    const { addresses, conditions, listeners } = await statusOf(gateway('edge'))
    expect(addresses).toEqual([{ type: 'Hostname', value: 'edge.test' }])
    expect(said(conditions)).toBe('Accepted True,Programmed True')
    expect(said(listeners?.[0]?.conditions)).toBe('Accepted True,ResolvedRefs True,Programmed True,Conflicted False')
    await untilSaid(
      async () => said((await statusOf(gatewayClass())).conditions),
      'Accepted True,SupportedVersion True',
    )

    await make(httpRoute('later'))
    await source.until(routes('kept,later'), 2_000)
    await untilSaid(attached, 2)
    await api.delete(httpRoute('kept'))
    await source.until(routes('later'), 2_000)
    await untilSaid(attached, 1)
  })

  test('of other classes are nobody’s business here', async () => {
    await make(gatewayClass('theirs', 'x.test/controller'), gateway('far', undefined, 'theirs'))
    await make(httpRoute('other', 'app', [{ name: 'far' }]))
    const source = await start()
    await source.until(routes('kept'))
    await untilSaid(attached, 1)
    expect((await statusOf(httpRoute('other'))).parents ?? []).toEqual([])
    expect(source.problems).toEqual([])
  })

  test('refer to services that are there, or come, and say which are not', async () => {
    await make(httpRoute('lost', 'nope'))
    const source = await start()
    await source.until(routes('kept,lost'))
    expect(source.problems).toMatchObject([
      { severity: 'error', origin: { item: 'HTTPRoute shop/lost', field: 'spec.rules[0].backendRefs[0].name' } },
    ])
    await untilSaid(() => parentSaid(httpRoute('lost')), 'Accepted True,ResolvedRefs False')
    await make(service('nope'), endpoints('nope', '10.1.0.2'))
    await untilSaid(() => parentSaid(httpRoute('lost')), 'Accepted True,ResolvedRefs True')
    expect(source.problems).toEqual([])
  })
})

describe('the status', () => {
  test('keeps the time of what does not change, and the generation that was seen', async () => {
    await start()
    await untilSaid(() => parentSaid(httpRoute('kept')), 'Accepted True,ResolvedRefs True')
    const before = (await statusOf(httpRoute('kept'))).parents![0]!.conditions
    await sleep(1_100)
    await make(httpRoute('kept', 'nope'))
    await untilSaid(() => parentSaid(httpRoute('kept')), 'Accepted True,ResolvedRefs False')
    const after = (await statusOf(httpRoute('kept'))).parents![0]!.conditions
    expect(after[0]!.lastTransitionTime).toBe(before[0]!.lastTransitionTime)
    expect(after[1]!.lastTransitionTime > before[1]!.lastTransitionTime).toBe(true)
    expect(after.map(({ observedGeneration }) => observedGeneration)).toEqual([2, 2])
  })

  test('leaves what other controllers say', async () => {
    const foreign = {
      controllerName: 'x.test/controller',
      parentRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' },
      conditions: [
        { type: 'Accepted', status: 'True', reason: 'A', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
    }
    const where = `${api.pathOf(httpRoute('kept'))}/status`
    const body = JSON.stringify({ status: { parents: [foreign] } })
    const { status, text } = await api.request('PATCH', where, body, 'application/merge-patch+json')
    expect(status, text).toBe(200)
    await start()
    await untilSaid(() => parentSaid(httpRoute('kept')), 'Accepted True,ResolvedRefs True')
    expect((await statusOf(httpRoute('kept'))).parents![0]).toEqual(foreign)
  })

  test('is all that is written', async () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', own: 'x' }
    const plain = httpRoute('kept')
    await make({ ...plain, metadata: { ...plain.metadata, annotations, labels: { team: 'x' } } })
    await start()
    await untilSaid(() => parentSaid(httpRoute('kept')), 'Accepted True,ResolvedRefs True')
    expect((await api.get(httpRoute('kept'))).metadata).toMatchObject({ annotations, labels: { team: 'x' } })
  })

  test('is written by several proxies, which then come to rest', async () => {
    const all = Array.from({ length: 10 }, (_, at) => httpRoute(`r${at}`))
    await make(...all)
    await Promise.all([1, 2, 3].map(() => start()))
    await untilSaid(attached, 11)
    for (const route of all) await untilSaid(() => parentSaid(route), 'Accepted True,ResolvedRefs True')
    const versions = () => Promise.all([gateway('edge'), gatewayClass(), ...all].map(versionOf))
    const before = await versions()
    await sleep(3_000)
    expect(await versions()).toEqual(before)
    for (const source of sources) {
      expect(source.problems).toEqual([])
      expect(source.logged.filter((line) => line.startsWith('error'))).toEqual([])
    }
  })

  test('needs the right to write it, and without it the routes are there', async () => {
    await make(...rightsOf('reader', rulesWithout('httproutes/status', GATEWAY_RULES)))
    const source = await start([], READER)
    await source.until(routes('kept'))
    await until(
      () => source.problems,
      ({ length }) => length === 1,
    )
    expect(source.problems[0]).toMatchObject({
      severity: 'warning',
      origin: { item: 'HTTPRoute shop/kept', field: 'status' },
      hint: expect.stringContaining('resources: ["httproutes/status"], verbs: ["update"]') as string,
    })
    await api.apply(rightsOf('reader', GATEWAY_RULES)[0])
    await untilSaid(() => parentSaid(httpRoute('kept')), 'Accepted True,ResolvedRefs True')
    await until(
      () => source.problems,
      ({ length }) => length === 0,
      20_000,
    )
  })
})

describe('what is missing', () => {
  test.each(['namespaces', 'secrets', 'grpcroutes', 'backendtlspolicies'])(
    'without the right on %s the rest goes on',
    async (resource) => {
      await make(...rightsOf('reader', rulesWithout(resource, GATEWAY_RULES)))
      const source = await start([], READER)
      await source.until(routes('kept'))
      const told = () => source.problems.filter(({ origin }) => origin?.field !== 'status')
      expect(told()).toHaveLength(1)
      expect(told()[0]!.hint).toContain(`resources: ["${resource}"]`)
      await api.apply(rightsOf('reader', GATEWAY_RULES)[0])
      await until(
        () => source.problems,
        ({ length }) => length === 0,
        20_000,
      )
    },
  )

  test('a definition is missed only where it is asked for, and its objects count once it is there', async () => {
    const plain = await start()
    await plain.until(routes('kept'))
    expect(plain.problems).toEqual([])
    await make(
      gateway('edge', [
        { name: 'web', port: 80, protocol: 'HTTP' },
        { name: 'tcp', port: 90, protocol: 'TCP' },
      ]),
    )
    const source = await start([`${OPTION}.experimentalChannel=true`])
    await source.until(routes('kept'))
    expect(source.problems).toMatchObject([
      { severity: 'warning', origin: { item: 'tcproutes.gateway.networking.k8s.io' } },
    ])
    await api.install(
      definitionsOfGateways('experimental').filter(({ metadata }) => metadata.name.startsWith('tcproutes.')),
    )
    await make(tcpRoute('stream'))
    await source.until((config) => Object.keys(config.tcp?.routers ?? {}).length === 1, 30_000)
    await untilSaid(() => parentSaid(tcpRoute('stream')), 'Accepted True,ResolvedRefs True')
    expect(source.problems).toEqual([])
  })
})
