import { readFileSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { ApiServer, type Manifest } from './support/kubernetes.ts'
import { externalName, ingress, rightsOf, rulesWithout, TRAEFIK_RULES } from './support/kubernetes-objects.ts'
import { type Answered, answerTo, echoServer, manifestsFor, requests } from './support/nginx-requests.ts'
import { type Source, startSource } from './support/source.ts'

/** Annotations of ingress-nginx on a real API server, with real servers: what Traefik 3.7.15 answered is in the facts. */

const FACTS = path.join(import.meta.dirname, '../facts/kubernetes-ingress-nginx/answers.json')
const facts = JSON.parse(readFileSync(FACTS, 'utf8')) as Readonly<Record<string, Answered>>
const PROVIDER = 'kubernetesIngressNGINX'
const OPTION = `--providers.${PROVIDER}`
const READER = 'token-of-the-reader'

const ports: Record<string, number> = {}
const servers: Server[] = []
const sources: Source[] = []
let api: ApiServer
let proxy: TestProxy | null = null

beforeAll(async () => {
  for (const name of ['main', 'canary', 'pages', 'auth']) {
    const server = echoServer(name)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ports[name] = (server.address() as AddressInfo).port
    servers.push(server)
  }
  api = await ApiServer.create()
  api.setTokens({ [READER]: 'reader' })
  await api.start()
  for (const manifest of manifestsFor(ports)) await api.apply(manifest)
}, 180_000)
afterEach(async () => {
  for (const source of sources.splice(0)) await source.stop()
})
afterAll(async () => {
  await proxy?.stop()
  for (const server of servers) server.close()
  await api.stop()
})

async function start(flags: readonly string[]): Promise<Source> {
  const source = await startSource(flags)
  sources.push(source)
  return source
}

describe('answers', () => {
  let port = 0

  beforeAll(async () => {
    proxy = await startProxy('{}', [
      ...api.flags(PROVIDER),
      ...[`${OPTION}.httpEntryPoint=web`, `${OPTION}.allowSnippetAnnotations=true`],
      `${OPTION}.globalAllowedResponseHeaders=X-One`,
    ])
    port = proxy.port
    await until(
      () => answerTo(port, { name: '', host: 'plain' }, ports),
      ({ status }) => status === 200,
      60_000,
    )
  }, 90_000)

  test.each(requests.filter(({ differs }) => differs === undefined))('$name', async (asked) => {
    expect(await answerTo(port, asked, ports)).toEqual(facts[asked.name])
  })

  test.each(requests.filter(({ differs }) => differs !== undefined))(
    'other than those of Traefik: $name',
    async (asked) => {
      const { status, headers } = await answerTo(port, asked, ports)
      expect(status).toBe(asked.differs!.status)
      for (const [name, value] of Object.entries(asked.differs!.headers ?? {})) expect(headers[name] ?? '').toBe(value)
      expect({ status, headers }).not.toEqual(facts[asked.name])
    },
  )
})

describe('the provider', () => {
  test('goes on without a right, and says which rule to add', async () => {
    for (const manifest of rightsOf('reader', rulesWithout('configmaps'))) await api.apply(manifest)
    const source = await start(api.flags(PROVIDER, READER))
    await source.until(({ http }) => http?.routers?.['shop-plain-rule-0-path-0'] !== undefined, 30_000)
    const hints = source.problems.map(({ hint }) => hint)
    expect(hints.join('\n')).toContain('resources: ["configmaps"]')
    await api.apply(rightsOf('reader', TRAEFIK_RULES)[0])
    await until(
      () => source.problems.map(({ hint }) => hint).join('\n'),
      (text) => !text.includes('configmaps"]'),
      30_000,
    )
  })

  test('reads the namespaces whose labels are chosen, also once they change', async () => {
    const namespace = (team: string): Manifest =>
      ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team } } }) as Manifest
    await api.apply(namespace('b'))
    const source = await start([...api.flags(PROVIDER), `${OPTION}.watchNamespaceSelector=team=a`])
    await source.until(({ http }) => Object.keys(http?.services ?? {}).join() === 'unavailable-service', 30_000)
    await api.apply(namespace('a'))
    await source.until(({ http }) => http?.routers?.['shop-plain-rule-0-path-0'] !== undefined, 30_000)
    await api.apply(namespace('b'))
    await source.until(({ http }) => Object.keys(http?.routers ?? {}).length === 0, 30_000)
  })

  test('writes the addresses of a service into the status of what it serves', async () => {
    await api.apply(externalName('front', 'front.test', 80))
    await start([...api.flags(PROVIDER), `${OPTION}.publishService=shop/front`])
    const statusOf = async (name: string) => {
      const { status } = (await api.get(ingress(name))) as { status?: { loadBalancer?: { ingress?: unknown } } }
      return JSON.stringify(status?.loadBalancer?.ingress ?? null)
    }
    for (const name of ['plain', 'header-canary']) {
      await until(
        () => statusOf(name),
        (text) => text === '[{"hostname":"front.test"}]',
        30_000,
      )
    }
  })
})
