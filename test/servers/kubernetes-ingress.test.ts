import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { startProxy, startServer } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { ApiServer, type Manifest } from './support/kubernetes.ts'
import {
  endpoints,
  externalName,
  ingress,
  ingressClass,
  namespace,
  rightsOf,
  rulesWithout,
  service,
  TRAEFIK_RULES,
} from './support/kubernetes-objects.ts'
import { untilServed } from './support/load.ts'
import { temporaryFolder } from './support/process.ts'
import { type Source, startSource } from './support/source.ts'

const READER = 'token-of-the-reader'
const OPTION = '--providers.kubernetesIngress'

let api: ApiServer
const sources: Source[] = []
/** What a test made, the last one first. */
let made: Manifest[] = []

beforeAll(async () => {
  api = await ApiServer.create()
  api.setTokens({ [READER]: 'reader' })
  await api.start()
  await api.apply(namespace())
}, 150_000)
afterAll(() => api.stop())
beforeEach(async () => {
  made = []
  await make(service('app'), endpoints('app', '10.1.0.1'), ingress('kept'))
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

async function start(flags: readonly string[] = api.flags('kubernetesIngress')): Promise<Source> {
  const source = await startSource(flags)
  sources.push(source)
  return source
}

const routes = (wanted: string) => (config: DynamicConfig) =>
  Object.keys(config.http?.routers ?? {})
    .sort()
    .join() === wanted
const addressesOf = async (name: string): Promise<string> => {
  const { status } = (await api.get(ingress(name))) as unknown as { status: { loadBalancer?: { ingress?: unknown } } }
  return JSON.stringify(status.loadBalancer?.ingress ?? null)
}
const versionOf = async (name: string): Promise<string> =>
  ((await api.get(ingress(name))).metadata as unknown as { resourceVersion: string }).resourceVersion

describe('Ingresses', () => {
  test('are there, and so are their changes; those of other classes are not', async () => {
    const source = await start()
    await source.until(routes('shop-kept-kept-test'))
    expect(source.report).toMatchObject({ name: 'kubernetes', status: 'live', peer: api.address })
    expect(source.problems).toEqual([])
    const classed = (name: string, ingressClassName: string): Manifest => {
      const plain = ingress(name)
      return { ...plain, spec: { ...(plain.spec as object), ingressClassName } }
    }
    await make(ingressClass('ours', 'traefik.io/ingress-controller'), ingressClass('other', 'x.test/controller'))
    await make(classed('mine', 'ours'), classed('theirs', 'other'))
    await source.until(routes('shop-kept-kept-test,shop-mine-mine-test'), 2_000)
    await api.delete(ingress('kept'))
    await source.until(routes('shop-mine-mine-test'), 2_000)
  })

  test('are there once their class is', async () => {
    const plain = ingress('later')
    await make({ ...plain, spec: { ...(plain.spec as object), ingressClassName: 'late' } })
    const source = await start()
    await source.until(routes('shop-kept-kept-test'))
    expect(source.problems).toMatchObject([{ message: 'IngressClass late does not exist: the Ingress is ignored' }])
    await make(ingressClass('late', 'traefik.io/ingress-controller'))
    await source.until(routes('shop-kept-kept-test,shop-later-later-test'), 2_000)
    expect(source.problems).toEqual([])
  })

  test('are served, and the access log says which', async () => {
    const backend = await startServer((_, response) => void response.end('hello'))
    const port = Number(new URL(backend.url).port)
    await make(externalName('outside', 'localhost', port), ingress('page', 'outside', port))
    const file = path.join(temporaryFolder(), 'access.log')
    const proxy = await startProxy('', [
      ...api.flags('kubernetesIngress'),
      `${OPTION}.allowExternalNameServices=true`,
      `--accesslog.filepath=${file}`,
      '--accesslog.format=json',
    ])
    try {
      await untilServed(proxy.port, 'page.test')
      const line = await until(
        () =>
          readFileSync(file, 'utf8')
            .split('\n')
            .find((one) => one.includes('"DownstreamStatus":200')),
        (found) => found !== undefined,
      )
      expect(JSON.parse(line!)).toMatchObject({
        RouterName: 'shop-page-page-test@kubernetes',
        KubernetesIngressName: 'page',
        KubernetesIngressNamespace: 'shop',
        KubernetesServiceName: 'outside',
        KubernetesServiceNamespace: 'shop',
        KubernetesServicePort: String(port),
      })
    } finally {
      await proxy.stop()
      await backend.close()
    }
  })

  test.each(['nodes', 'secrets', 'ingressclasses'])('without the right on %s the rest goes on', async (resource) => {
    await make(...rightsOf('reader', rulesWithout(resource)))
    const source = await start(api.flags('kubernetesIngress', READER))
    await source.until(routes('shop-kept-kept-test'))
    expect(source.problems).toHaveLength(1)
    expect(source.problems[0]!.hint).toContain(`resources: ["${resource}"]`)
    await api.apply(rightsOf('reader', TRAEFIK_RULES)[0])
    await until(
      () => source.problems,
      ({ length }) => length === 0,
      20_000,
    )
  })
})

describe('the status', () => {
  const withAddress = (ip: string, token?: string): readonly string[] => [
    ...api.flags('kubernetesIngress', token),
    `${OPTION}.ingressEndpoint.ip=${ip}`,
  ]

  test('follows a service, and that of other Ingresses is left alone', async () => {
    const published = (...externalIPs: string[]): Manifest => {
      const app = service('app')
      return { ...app, spec: { ...(app.spec as object), externalIPs } }
    }
    const plain = ingress('other')
    const annotations = { 'kubernetes.io/ingress.class': 'other' }
    await make(published('203.0.113.1'), { ...plain, metadata: { ...plain.metadata, annotations } })
    await start([...api.flags('kubernetesIngress'), `${OPTION}.ingressEndpoint.publishedService=shop/app`])
    const ports = [{ port: 80, protocol: 'TCP' }]
    const written = (...ips: string[]): string => JSON.stringify(ips.map((ip) => ({ ip, ports })))
    await until(
      () => addressesOf('kept'),
      (addresses) => addresses === written('203.0.113.1'),
    )
    await api.apply(published('203.0.113.1', '203.0.113.2'))
    await until(
      () => addressesOf('kept'),
      (addresses) => addresses === written('203.0.113.1', '203.0.113.2'),
    )
    expect(await addressesOf('other')).toBe('null')
  })

  test('is written by several proxies, which then come to rest', async () => {
    await make(...Array.from({ length: 10 }, (_, at) => ingress(`i${at}`)))
    await Promise.all([1, 2, 3].map(() => start(withAddress('192.0.2.1'))))
    for (const { metadata } of made.filter(({ kind }) => kind === 'Ingress')) {
      await until(
        () => addressesOf(metadata.name),
        (addresses) => addresses === '[{"ip":"192.0.2.1"}]',
      )
    }
    const versions = () =>
      Promise.all(made.filter(({ kind }) => kind === 'Ingress').map(({ metadata }) => versionOf(metadata.name)))
    const before = await versions()
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    expect(await versions()).toEqual(before)
    for (const source of sources) {
      expect(source.problems).toEqual([])
      expect(source.logged.filter((line) => line.startsWith('error'))).toEqual([])
    }
  })

  test('needs the right of Traefik and no other, and without it the routes are there', async () => {
    await make(...rightsOf('reader', rulesWithout('ingresses/status')))
    const source = await start(withAddress('192.0.2.2', READER))
    await source.until(routes('shop-kept-kept-test'))
    await until(
      () => source.problems,
      ({ length }) => length === 1,
    )
    expect(source.problems[0]).toMatchObject({
      severity: 'warning',
      origin: { item: 'Ingress shop/kept', field: 'status' },
    })
    expect(await addressesOf('kept')).toBe('null')
    await api.apply(rightsOf('reader', TRAEFIK_RULES)[0])
    await until(
      () => addressesOf('kept'),
      (addresses) => addresses === '[{"ip":"192.0.2.2"}]',
      20_000,
    )
    await until(
      () => source.problems,
      ({ length }) => length === 0,
    )
  })
})
