import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { ConsulServer, type ConsulServerOptions } from './support/consul.ts'
import { kvContract } from './support/kv-contract.ts'
import { temporaryFolder } from './support/process.ts'
import { router, routersOf } from './support/routers.ts'
import { type Source, startSource } from './support/source.ts'

kvContract('Consul', await ConsulServer.create())

const TOKEN = '11111111-2222-3333-4444-555555555555'
const servers: { stop(): Promise<void> }[] = []
let source: Source | null = null
afterEach(async () => {
  vi.unstubAllEnvs()
  await source?.stop()
  source = null
})
afterAll(async () => {
  for (const server of servers) await server.stop()
})

async function started(options: ConsulServerOptions = {}): Promise<ConsulServer> {
  const server = await ConsulServer.create(options)
  servers.push(server)
  await server.start()
  return server
}

const start = async (flags: readonly string[]): Promise<Source> => {
  source = await startSource(flags)
  return source
}

describe('Consul', () => {
  test('tokens: none, one that may read nothing, one that may read some, one that may read', {
    timeout: 60_000,
  }, async () => {
    const acl = { enabled: true, default_policy: 'deny', tokens: { initial_management: TOKEN, agent: TOKEN } }
    const server = await started({ config: { acl }, token: TOKEN })
    await server.put(router('a'))
    const policies = new Map<string, string>()
    const tokenFor = async (name: string, rules: string): Promise<string> => {
      const policy = await server.must('PUT', 'acl/policy', JSON.stringify({ Name: name, Rules: rules }))
      policies.set(name, (policy as { ID: string }).ID)
      const token = await server.must('PUT', 'acl/token', JSON.stringify({ Policies: [{ Name: name }] }))
      return (token as { SecretID: string }).SecretID
    }
    const withToken = (token: string) => [...server.flags, `--providers.consul.token=${token}`]

    await start(server.flags)
    expect((await source!.untilStatus('failed')).error).toMatch(/may not read|Permission denied/)
    await source!.stop()

    await start(withToken('99999999-2222-3333-4444-555555555555'))
    const { error } = await source!.untilStatus('failed')
    expect(error).toContain('403')
    expect(JSON.stringify([source!.logged, source!.report])).not.toContain('99999999-2222')
    await source!.stop()

    await start(withToken(await tokenFor('other', 'key_prefix "other/" { policy = "read" }')))
    expect((await source!.untilStatus('failed')).error).toMatch(/may not read|Permission denied/)
    await source!.stop()

    const some = 'key_prefix "traefik/http/routers" { policy = "read" }'
    await start(withToken(await tokenFor('some', some)))
    await source!.until((config) => routersOf(config).join() === 'a')
    expect(source!.problems).toMatchObject([
      { severity: 'warning', message: 'the token may not read all keys: some are missing', origin: { item: 'token' } },
    ])
    await source!.stop()

    // What others keep beside it is none of our business.
    await server.put({ 'traefik-of-others/x': '1' })
    const all = await tokenFor('all', 'key_prefix "traefik/" { policy = "read" }')
    const file = path.join(temporaryFolder(), 'token')
    writeFileSync(file, `${all}\n`)
    for (const [flags, env] of [
      [withToken(all), {}],
      [server.flags, { CONSUL_HTTP_TOKEN: all }],
      [withToken('99999999-2222-3333-4444-555555555555'), { CONSUL_HTTP_TOKEN_FILE: file }],
    ] as const) {
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
      await start(flags)
      await source!.until((config) => routersOf(config).join() === 'a')
      expect(source!.problems).toEqual([])
      expect(JSON.stringify([source!.logged, source!.report])).not.toContain(all)
      await source!.stop()
      vi.unstubAllEnvs()
    }

    await start(withToken(all))
    await source!.until((config) => routersOf(config).join() === 'a')
    const others = { Name: 'all', Rules: 'key_prefix "other/" { policy = "read" }' }
    await server.must('PUT', `acl/policy/${policies.get('all')}`, JSON.stringify(others))
    // A query that waits goes on with the rights that it began with.
    expect((await source!.untilStatus('stale', 40_000)).error).toContain('Permission denied')
    expect(source!.messages).toHaveLength(1)
  })

  test('a store that is emptied as a whole, of which its queries do not tell', { timeout: 60_000 }, async () => {
    const server = await started()
    await server.put(router('a'))
    await server.remove(['traefik/http/routers/a/rule'])
    await server.put(router('b'))
    await (await start(server.flags)).until((config) => routersOf(config).join() === 'a,b')
    await server.must('DELETE', 'kv/?recurse')
    await source!.until((config) => routersOf(config).length === 0, 20_000)
  })

  test('keys that have to be escaped', async () => {
    const server = await started()
    await server.must('PUT', 'kv/a%20b/%7D%2C%7B/http/routers/%7D,%7B/rule', 'Path(`/`)')
    await start([...server.flags, '--providers.consul.rootKey=a b/},{'])
    await source!.until((config) => routersOf(config).join() === '},{')
  })

  test('namespaces: a provider each; all of them together, and several endpoints, are refused', async () => {
    const server = await started()
    await start([...server.flags, '--providers.consul.namespaces=team'])
    expect(source!.report.name).toBe('consul-team')
    // This Consul has none.
    expect((await source!.untilStatus('failed')).error).toMatch(/400 Bad Request.*"ns"/)
    await source!.stop()
    await start([...server.flags, '--providers.consul.namespaces=*'])
    expect((await source!.untilStatus('failed')).error).toBe('wildcard namespace is not supported')
    await source!.stop()
    await start(['--providers.consul.endpoints=127.0.0.1:1,127.0.0.1:2'])
    expect((await source!.untilStatus('failed')).error).toBe('consul: does not support multiple endpoints')
  })

  test('100,000 keys', { timeout: 60_000 }, async () => {
    const server = await started()
    for (let at = 0; at < 50_000; at += 32) {
      const operations = Array.from({ length: 32 }, (_, offset) => [
        { KV: { Verb: 'set', Key: `traefik/http/routers/r${at + offset}/rule`, Value: btoa('Path(`/`)') } },
        { KV: { Verb: 'set', Key: `traefik/http/routers/r${at + offset}/service`, Value: btoa('s') } },
      ]).flat()
      await server.must('PUT', 'txn', JSON.stringify(operations))
    }
    await (await start(server.flags)).until((config) => routersOf(config).length > 50_000 - 32, 30_000)
    await server.put({ 'traefik/http/routers/r7/rule': 'Path(`/x`)' })
    await source!.until(({ http }) => http?.routers?.r7?.rule === 'Path(`/x`)', 20_000)
  })
})

describe('a scripted Consul', () => {
  type Script = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => void

  async function scripted(script: Script): Promise<readonly string[]> {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://x')
      if (url.pathname === '/v1/status/leader') response.end('"127.0.0.1:8300"')
      else script(request, response, url.searchParams)
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    servers.push({
      stop: () =>
        new Promise((closed) => {
          server.closeAllConnections()
          server.close(() => closed())
        }),
    })
    return [`--providers.consul.endpoints=http://127.0.0.1:${(server.address() as AddressInfo).port}`]
  }

  const answer = (response: ServerResponse, index: number | string, rule: string): void => {
    response.setHeader('x-consul-index', index)
    response.end(JSON.stringify([{ Key: 'traefik/http/routers/a/rule', Value: btoa(rule), Flags: 0 }]))
  }

  test('an index that goes back is followed', async () => {
    const asked: string[] = []
    const flags = await scripted((_, response, query) => {
      const index = query.get('index') ?? ''
      asked.push(index)
      if (index === '') answer(response, 100, 'one')
      else if (index === '100') answer(response, 7, 'two')
      else if (index === '7') answer(response, 0, 'three')
      else if (index !== '1') response.destroy()
    })
    await (await start(flags)).until(({ http }) => http?.routers?.a?.rule === 'three')
    expect(asked).toEqual(['', '100', '7', '1'])
  })

  test('a server that answers every query at once is not asked without end', async () => {
    let count = 0
    const flags = await scripted((_, response) => {
      count++
      answer(response, 5, 'x')
    })
    await (await start(flags)).until(({ http }) => http?.routers?.a?.rule === 'x')
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(count).toBeLessThan(5)
  })

  test.each<[string, Script, RegExp]>([
    ['HTML', (_, response) => response.end('<html>'), /the answer is not Consul's/],
    ['a page that is not found', (_, response) => response.writeHead(404).end('no'), /the answer is not Consul's/],
    ['no leader', (_, response) => response.writeHead(500).end('No cluster leader'), /500.*No cluster leader/],
    [
      'something else',
      (_, response) => response.setHeader('x-consul-index', 1).end('{"a": "password"}'),
      /^the answer holds no keys of Consul$/,
    ],
    ['half an answer', (_, response) => response.setHeader('x-consul-index', 1).end('[{"Key": "a"'), /no keys/],
    ['keys of another kind', (_, response) => response.setHeader('x-consul-index', 1).end('[{"Key": 1}]'), /no keys/],
  ])('%s is a lost source', async (_name, script, reason) => {
    await start(await scripted(script))
    expect((await source!.untilStatus('failed')).error).toMatch(reason)
    expect(source!.messages).toEqual([])
  })
})
