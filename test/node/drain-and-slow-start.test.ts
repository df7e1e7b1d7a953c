import { afterEach, expect, test } from 'vitest'
import { startProxy, startServer, type TestProxy } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'

interface NamedServer {
  readonly url: string
  readonly name: string
  healthy: boolean
  close(): Promise<void>
}

let proxy: TestProxy
let servers: NamedServer[] = []

afterEach(async () => {
  await proxy.stop()
  for (const server of servers) await server.close()
  servers = []
})

async function start(name: string): Promise<NamedServer> {
  const { url, close } = await startServer((request, response) => {
    response.statusCode = request.url === '/health' && !server.healthy ? 500 : 200
    response.end(name)
  })
  const server: NamedServer = { url, name, healthy: true, close }
  servers.push(server)
  return server
}

const routing = (options: object): string =>
  JSON.stringify({
    http: {
      routers: {
        app: { rule: 'PathPrefix(`/`)', service: 'app' },
        api: { rule: 'PathPrefix(`/api`)', service: 'api@internal' },
      },
      services: { app: { loadBalancer: { servers: servers.map(({ url }) => ({ url })), ...options } } },
    },
  })

const startAll = async (options: object) => {
  proxy = await startProxy(routing(options), ['--api=true', '--api.control=true'])
}

async function ask(cookie = ''): Promise<{ server: string; cookie: string }> {
  const response = await fetch(proxy.url, { headers: cookie === '' ? {} : { cookie } })
  const server = response.ok ? await response.text() : String(response.status)
  return { server, cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' }
}

async function counts(requests: number): Promise<Record<string, number>> {
  const seen: Record<string, number> = {}
  for (let i = 0; i < requests; i++) {
    const { server } = await ask()
    seen[server] = (seen[server] ?? 0) + 1
  }
  return seen
}

test('a drained server keeps its sessions and gets no new ones, across a reload', async () => {
  const [a, b] = [await start('a'), await start('b')]
  await startAll({ sticky: { cookie: {} } })
  const drain = async (method: string, { url }: NamedServer) => {
    const command = `/api/http/services/app@file/drained?server=${encodeURIComponent(url)}`
    expect((await fetch(proxy.url + command, { method })).status).toBe(200)
  }
  let session = await ask()
  if (session.server === 'b') session = await ask()
  expect(session.server).toBe('a')

  await drain('PUT', a)
  expect(await counts(6)).toEqual({ b: 6 })
  expect(await ask(session.cookie)).toEqual({ server: 'a', cookie: '' })

  const c = await start('c')
  proxy.write(routing({ sticky: { cookie: {} } }))
  const has = (name: string) => (seen: Record<string, number>) => Object.hasOwn(seen, name)
  expect(await until(() => counts(4), has('c'))).not.toHaveProperty('a')
  expect((await ask(session.cookie)).server).toBe('a')

  for (const server of [b, c]) await drain('PUT', server)
  expect((await ask()).server).toBe('503')
  expect((await ask(session.cookie)).server).toBe('a')

  await drain('DELETE', a)
  expect(await counts(4)).toEqual({ a: 4 })
})

test('a server that comes back by its checks starts slowly', async () => {
  await start('a')
  const b = await start('b')
  const options = { healthCheck: { path: '/health', interval: '10ms', fails: 2, passes: 2 } }
  await startAll({ ...options, slowStart: '1h' })
  expect(await counts(20)).toEqual({ a: 10, b: 10 })

  const stateOf = async (state: string) => {
    const states = async () => {
      const response = await fetch(`${proxy.url}/api/http/services/app@file`)
      return ((await response.json()) as { serverStatus: Record<string, string> }).serverStatus[b.url]
    }
    await until(states, (seen) => seen === state)
  }
  b.healthy = false
  await stateOf('DOWN')
  expect(await counts(10)).toEqual({ a: 10 })
  b.healthy = true
  await stateOf('UP')
  const { b: few = 0 } = await counts(200)
  // About one in eleven, where one in two is the whole share.
  expect(few).toBeGreaterThan(0)
  expect(few).toBeLessThan(60)

  proxy.write(routing(options))
  await until(
    () => counts(20),
    (seen) => seen.a === 10 && seen.b === 10,
  )
})
