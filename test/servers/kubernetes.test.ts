import { getEventListeners } from 'node:events'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CLUSTER_TIMING, Cluster } from '../../adapters/node/providers/kubernetes/cluster.ts'
import { CONFIG_MAPS, SERVICES, TRAEFIK_KINDS } from '../../adapters/node/providers/kubernetes/resources.ts'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { startProxy, startServer } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { ADMIN, ApiServer, type Manifest, manifestsIn } from './support/kubernetes.ts'
import {
  endpoints,
  externalName,
  ingressRoute,
  NAMESPACE,
  namespace,
  rightsOf,
  rulesWithout,
  service,
  TRAEFIK_RULES,
  tlsSecret,
} from './support/kubernetes-objects.ts'
import { untilServed } from './support/load.ts'
import { PlainWay } from './support/plain-way.ts'
import { type Source, startSource } from './support/source.ts'

const DEFINITIONS = manifestsIn(
  path.join(import.meta.dirname, '../../examples/kubernetes/kubernetes-crd-definition-v1.yml'),
)
const READER = 'token-of-the-reader'

let api: ApiServer
let source: Source | null = null
/** What a test made, the last one first. */
let made: Manifest[] = []

beforeAll(async () => {
  api = await ApiServer.create()
  api.setTokens({ [READER]: 'reader' })
  await api.start()
  await api.install(DEFINITIONS)
  await api.apply(namespace())
}, 90_000)
afterAll(() => api.stop())
beforeEach(async () => {
  made = []
  await make(service('app'), endpoints('app', '10.1.0.1', '10.1.0.2'), ingressRoute('kept'))
})
afterEach(async () => {
  await source?.stop()
  source = null
  for (const manifest of made.reverse()) await api.delete(manifest)
})

async function make(...manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests) {
    await api.apply(manifest)
    made.push(manifest)
  }
}

const start = async (...flags: string[]): Promise<Source> => {
  source = await startSource(flags.length === 0 ? api.flags('kubernetesCRD') : flags)
  return source
}
const asReader = (): readonly string[] => api.flags('kubernetesCRD', READER)

/** The objects that routers come from: their names have a hash of the rule. */
const routesIn = ({ http }: DynamicConfig): string =>
  Object.keys(http?.routers ?? {})
    .map((name) => name.replace(/^shop-(.*)-[0-9a-f]{20}$/, '$1'))
    .sort()
    .join()
const routes = (wanted: string) => (config: DynamicConfig) => routesIn(config) === wanted
const nothingLost = () => expect(source!.messages.every((config) => routesIn(config).includes('kept'))).toBe(true)
const serversIn = ({ http }: DynamicConfig): string =>
  Object.values(http?.services ?? {})
    .flatMap(({ loadBalancer }) => loadBalancer?.servers ?? [])
    .map(({ url }) => url)
    .filter((url, at, all) => all.indexOf(url) === at)
    .sort()
    .join()

describe('custom resources', () => {
  test('are there, and so are their changes', async () => {
    const config = await (await start()).until(routes('kept'))
    expect(serversIn(config)).toBe('http://10.1.0.1:8080,http://10.1.0.2:8080')
    expect(source!.report).toMatchObject({ name: 'kubernetescrd', status: 'live', peer: api.address })
    expect(source!.problems).toEqual([])
    await make(ingressRoute('new'))
    await source!.until(routes('kept,new'), 2_000)
    await api.apply(endpoints('app', '10.1.0.2'))
    await source!.until((now) => serversIn(now) === 'http://10.1.0.2:8080', 2_000)
    await api.delete(ingressRoute('new'))
    await source!.until(routes('kept'), 2_000)
  })

  test('are served', async () => {
    const backend = await startServer((_, response) => void response.end('hello'))
    const port = Number(new URL(backend.url).port)
    await make(externalName('outside', 'localhost', port), ingressRoute('page', 'outside', port))
    const proxy = await startProxy('', [
      ...api.flags('kubernetesCRD'),
      '--providers.kubernetesCRD.allowExternalNameServices',
    ])
    try {
      await untilServed(proxy.port, 'page.test')
    } finally {
      await proxy.stop()
      await backend.close()
    }
  })

  test('of some namespaces, and with some labels', async () => {
    const elsewhere = (manifest: Manifest): Manifest => ({
      ...manifest,
      metadata: { ...manifest.metadata, namespace: 'other', labels: { ...manifest.metadata.labels, team: 'a' } },
    })
    await make(namespace('other'))
    await make(...[service('app'), endpoints('app', '10.2.0.1'), ingressRoute('there')].map(elsewhere))
    await start(...api.flags('kubernetesCRD'), '--providers.kubernetesCRD.namespaces=other')
    expect(serversIn(await source!.until(({ http }) => http?.routers !== undefined))).toBe('http://10.2.0.1:8080')
    await source!.stop()
    await start(...api.flags('kubernetesCRD'), '--providers.kubernetesCRD.labelSelector=team=a')
    expect(serversIn(await source!.until(({ http }) => http?.routers !== undefined))).toBe('http://10.2.0.1:8080')
  })

  test('a label selector that is none is an error', async () => {
    await start(...api.flags('kubernetesCRD'), '--providers.kubernetesCRD.labelSelector=a=(b')
    expect((await source!.untilStatus('failed')).error).toContain('400 Bad Request')
  })
})

describe('rights', () => {
  test.each([
    ['nodes', 'nodes', '{apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"]}'],
    ['secrets', 'secrets', '{apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch"]}'],
  ])('without %s the rest goes on, and the problem names the rule', async (resource, item, rule) => {
    await make(...rightsOf('reader', rulesWithout(resource)))
    await (await start(...asReader())).until(routes('kept'))
    expect(source!.problems).toHaveLength(1)
    expect(source!.problems[0]).toMatchObject({
      severity: 'error',
      origin: { item },
      hint: `add to the rules of the ClusterRole: ${rule}`,
    })
    expect(source!.problems[0]!.message).toContain(`User "reader" cannot`)
    expect(source!.report.status).toBe('live')
    await api.apply(rightsOf('reader', TRAEFIK_RULES)[0])
    await until(
      () => source!.problems,
      ({ length }) => length === 0,
      20_000,
    )
    expect(source!.logged.join()).not.toContain(READER)
  })

  test('in namespaces, where each has a Role of its own', async () => {
    const roles: Manifest[] = [
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'reader', namespace: NAMESPACE },
        rules: TRAEFIK_RULES,
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'reader', namespace: NAMESPACE },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader' }],
      },
    ]
    await make(...roles)
    const option = '--providers.kubernetesCRD.disableClusterScopeResources=true'
    await (await start(...asReader(), option, `--providers.kubernetesCRD.namespaces=${NAMESPACE},elsewhere`)).until(
      routes('kept'),
    )
    const hints = source!.problems.map(({ hint }) => hint)
    expect(hints).toHaveLength(14)
    expect(hints).toContain(
      'add to the rules of the Role in namespace elsewhere: {apiGroups: ["traefik.io"], resources: ["ingressroutes"], verbs: ["get", "list", "watch"]}',
    )
  })

  test('without any right nothing is said, until there are some', async () => {
    await start(...asReader())
    expect((await source!.untilStatus('failed')).error).toMatch(/403 Forbidden: .*User "reader" cannot/)
    await make(...rightsOf('reader', TRAEFIK_RULES))
    await source!.until(routes('kept'), 20_000)
    expect(source!.messages).toHaveLength(1)
  })

  test('that are taken away take no route away, and what changed meanwhile comes when they are back', async () => {
    await make(...rightsOf('reader', TRAEFIK_RULES))
    await (await start(...asReader())).until(routes('kept'))
    await api.apply(rightsOf('reader', rulesWithout('*'))[0])
    await api.stopServer()
    await api.startServer()
    await make(ingressRoute('later'))
    await until(
      () => source!.problems.map(({ origin }) => origin?.item),
      (items) => items.includes('ingressroutes.traefik.io'),
      20_000,
    )
    nothingLost()
    await api.apply(rightsOf('reader', TRAEFIK_RULES)[0])
    await source!.until(routes('kept,later'), 20_000)
    nothingLost()
  })

  test('a token that nobody knows is refused', async () => {
    await start(...api.flags('kubernetesCRD', 'no-such-token'))
    expect((await source!.untilStatus('failed')).error).toContain('401 Unauthorized')
    expect(JSON.stringify([source!.logged, source!.report])).not.toContain('no-such-token')
  })
})

describe('Secrets by name', () => {
  const certificates = ({ tls }: DynamicConfig) => tls?.certificates?.map(({ certFile }) => certFile).join()

  test('need no right to list them, and are there with the first configuration', async () => {
    const byName = { apiGroups: [''], resources: ['secrets'], resourceNames: ['page'], verbs: ['get'] }
    await make(...rightsOf('reader', [...rulesWithout('secrets'), byName]))
    const route = ingressRoute('secure')
    await make(tlsSecret('page', { cert: 'CERTIFICATE', key: 'KEY' }), {
      ...route,
      spec: { ...(route.spec as object), tls: { secretName: 'page' } },
    })
    await start(...asReader(), '--providers.kubernetesCRD.secretsByName=true')
    await source!.until(routes('kept,secure'))
    expect(source!.messages).toHaveLength(1)
    expect(certificates(source!.messages[0]!)).toBe('CERTIFICATE')
    expect(source!.problems).toEqual([])
    await make(tlsSecret('other', { cert: 'OTHER', key: 'KEY' }), {
      ...route,
      spec: { ...(route.spec as object), tls: { secretName: 'other' } },
    })
    await until(
      () => source!.problems.map(({ origin }) => origin?.item),
      (items) => items.includes('Secret shop/other'),
    )
  })
})

describe('a definition that is not installed', () => {
  const definition = DEFINITIONS.find(({ metadata }) => metadata.name === 'tlsstores.traefik.io')!

  test('is a warning, and its objects count when it is', async () => {
    await api.delete(definition)
    await until(
      () => api.request('GET', '/apis/traefik.io/v1alpha1/tlsstores'),
      ({ status }) => status === 404,
    )
    try {
      await (await start()).until(routes('kept'))
      expect(source!.problems).toMatchObject([{ severity: 'warning', origin: { item: 'tlsstores.traefik.io' } }])
    } finally {
      await api.install([definition])
    }
    await until(
      () => source!.problems,
      ({ length }) => length === 0,
      20_000,
    )
  })
})

describe('faults', () => {
  test('versions that are forgotten while the server is away', async () => {
    await make(ingressRoute('gone'))
    await (await start()).until(routes('gone,kept'))
    await api.stopServer('SIGKILL')
    await source!.untilStatus('stale')
    nothingLost()
    await api.startServer()
    await api.delete(ingressRoute('gone'))
    await make(ingressRoute('new'))
    await api.compact()
    await source!.untilStatus('live', 6_000)
    await source!.until(routes('kept,new'), 20_000)
    nothingLost()
  })

  test('a way to the server that falls silent, and comes back', async () => {
    const way = new PlainWay(api.port)
    const endpoint = `http://127.0.0.1:${await way.listen()}`
    try {
      await (await start(...api.flags('kubernetesCRD', ADMIN, endpoint))).until(routes('kept'))
      way.isStalled = true
      await source!.untilStatus('stale', 16_000)
      await make(ingressRoute('later'))
      way.isStalled = false
      await source!.until(routes('kept,later'), 15_000)
      nothingLost()
    } finally {
      await way.close()
    }
  })

  test('200 watches that end leave nothing behind', { timeout: 120_000 }, async () => {
    const access = {
      kind: 'options',
      endpoint: api.address,
      token: ADMIN,
      certAuthFilePath: api.certificateFile,
    } as const
    let ended = 0
    const watchSeconds = () => {
      ended++
      return 1
    }
    const cluster = new Cluster(access, { env: {}, serviceAccount: '' }, { ...CLUSTER_TIMING, watchSeconds })
    const collections = [...TRAEFIK_KINDS, SERVICES, CONFIG_MAPS].map((resource) =>
      cluster.collection({ resource, namespace: '', labelSelector: '' }),
    )
    let lost: unknown = null
    const { link, leave } = cluster.join(collections, (reason) => {
      lost = reason
    })
    const open = () => {
      const resources = process.getActiveResourcesInfo()
      const count = (kind: string) => resources.filter((name) => name === kind).length
      return { timers: count('Timeout'), sockets: count('TLSWrap') + count('TCPSocketWrap') }
    }
    try {
      await until(
        () => ended,
        (count) => count > 40,
        30_000,
      )
      const before = { ...open(), listeners: getEventListeners(link.signal, 'abort').length }
      await until(
        () => ended,
        (count) => count > 250,
        90_000,
      )
      const after = { ...open(), listeners: getEventListeners(link.signal, 'abort').length }
      // A watch between its end and its next beginning has none or two of each.
      const few = collections.length
      expect(after.listeners).toBeLessThanOrEqual(before.listeners + few)
      expect(after.timers).toBeLessThanOrEqual(before.timers + few)
      expect(after.sockets).toBeLessThanOrEqual(before.sockets + few)
      expect(collections.every(({ status }) => status === 'live')).toBe(true)
      expect(lost).toBeNull()
    } finally {
      leave()
    }
    await until(
      () => getEventListeners(link.signal, 'abort').length,
      (count) => count === 0,
    )
  })
})
