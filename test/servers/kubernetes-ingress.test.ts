import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { startProxy, startServer } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { ApiServer, type Manifest } from './support/kubernetes.ts'
import {
  endpoints,
  externalName,
  ingress,
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

let api: ApiServer
let source: Source | null = null
let made: Manifest[] = []

beforeAll(async () => {
  api = await ApiServer.create()
  api.setTokens({ [READER]: 'reader' })
  await api.start()
  await api.apply(namespace())
}, 90_000)
afterAll(() => api.stop())
afterEach(async () => {
  await source?.stop()
  source = null
  for (const manifest of made.reverse()) await api.delete(manifest)
  made = []
})

async function make(...manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests) {
    await api.apply(manifest)
    made.push(manifest)
  }
}

const PROVIDER = 'kubernetesIngress'
const option = (text: string): string => `--providers.${PROVIDER}.${text}`
const start = async (flags: readonly string[]): Promise<Source> => {
  source = await startSource(flags)
  return source
}
const routers = (wanted: string) => (config: DynamicConfig) =>
  Object.keys(config.http?.routers ?? {})
    .sort()
    .join() === wanted

const statusOf = async (manifest: Manifest) => (await api.get(manifest)).status

test('Ingresses are there, and so are their changes', async () => {
  await make(service('app'), endpoints('app', '10.1.0.1'), ingress('front'))
  const config = await (await start(api.flags(PROVIDER))).until(routers('shop-front-front-test'))
  expect(config.http!.services!['shop-app-80']!.loadBalancer!.servers).toEqual([{ url: 'http://10.1.0.1:8080' }])
  expect(source!.report).toMatchObject({ name: 'kubernetes', status: 'live', peer: api.address })
  expect(source!.problems).toEqual([])
  await make(ingress('new'))
  await source!.until(routers('shop-front-front-test,shop-new-new-test'))
  await api.delete(ingress('new'))
  await source!.until(routers('shop-front-front-test'))
})

test('a class that comes brings its Ingresses', async () => {
  const front = ingress('front')
  const edge = { ...front, spec: { ...(front.spec as object), ingressClassName: 'edge' } }
  await make(service('app'), endpoints('app', '10.1.0.1'), edge)
  await (await start(api.flags(PROVIDER))).until(routers(''))
  expect(source!.problems).toMatchObject([{ message: 'IngressClass edge does not exist: the Ingress is ignored' }])
  await make({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'edge' },
    spec: { controller: 'traefik.io/ingress-controller' },
  })
  await source!.until(routers('shop-front-front-test'))
  expect(source!.problems).toEqual([])
})

test('the status of Ingresses follows a service, and those of others are left alone', async () => {
  const published = (...externalIPs: string[]) => {
    const app = service('app')
    return { ...app, spec: { ...(app.spec as object), externalIPs } }
  }
  const other = ingress('other')
  const others = {
    ...other,
    metadata: { ...other.metadata, annotations: { 'kubernetes.io/ingress.class': 'other' } },
  }
  await make(published('203.0.113.1'), endpoints('app', '10.1.0.1'), ingress('front'), others)
  await start([...api.flags(PROVIDER), option('ingressEndpoint.publishedService=shop/app')])
  const ports = [{ port: 80, protocol: 'TCP' }]
  const written = (...ips: string[]) => JSON.stringify({ loadBalancer: { ingress: ips.map((ip) => ({ ip, ports })) } })
  const status = async () => JSON.stringify(await statusOf(ingress('front')))
  await until(status, (now) => now === written('203.0.113.1'))
  await api.apply(published('203.0.113.1', '203.0.113.2'))
  await until(status, (now) => now === written('203.0.113.1', '203.0.113.2'))
  expect(await statusOf(others)).toEqual({ loadBalancer: {} })
})

test('who may not write the status serves all the same, and says which right it needs', async () => {
  const rules = rulesWithout('ingresses/status')
  await make(...rightsOf('reader', rules), service('app'), endpoints('app', '10.1.0.1'), ingress('front'))
  await start([...api.flags(PROVIDER, READER), option('ingressEndpoint.ip=192.0.2.1')])
  await source!.until(routers('shop-front-front-test'))
  const told = await until(
    () => source!.problems,
    ({ length }) => length > 0,
  )
  expect(told).toMatchObject([{ severity: 'warning', origin: { item: 'Ingress shop/front', field: 'status' } }])
  expect(told[0]!.hint).toContain('ingresses/status')
})

test('the rights of Traefik’s documentation are enough', async () => {
  await make(...rightsOf('reader', TRAEFIK_RULES), service('app'), endpoints('app', '10.1.0.1'), ingress('front'))
  await start([...api.flags(PROVIDER, READER), option('ingressEndpoint.ip=192.0.2.1')])
  await source!.until(routers('shop-front-front-test'))
  await until(
    async () => JSON.stringify(await statusOf(ingress('front'))),
    (now) => now === '{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}',
  )
  expect(source!.problems).toEqual([])
})

test('requests are answered, and the access log says by which Ingress', async () => {
  const backend = await startServer((request, response) => void response.end(`hello ${request.headers.host}`))
  const port = Number(new URL(backend.url).port)
  await make(externalName('outside', 'localhost', port), ingress('page', 'outside', port))
  const file = path.join(temporaryFolder(), 'access.log')
  const proxy = await startProxy('', [
    ...api.flags(PROVIDER),
    option('allowExternalNameServices'),
    `--accesslog.filepath=${file}`,
    '--accesslog.format=json',
  ])
  try {
    await untilServed(proxy.port, 'page.test')
    const lines = await until(
      () => readFileSync(file, 'utf8').split('\n'),
      (all) => all.some((line) => line.includes('"DownstreamStatus":200')),
    )
    expect(JSON.parse(lines.find((line) => line.includes('"DownstreamStatus":200'))!)).toMatchObject({
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
