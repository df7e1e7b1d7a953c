import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSignalbox } from '../../../adapters/web/signalbox.ts'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { type RawServer, startRawServer, talk } from '../../support/raw-server.ts'

/** Its program has thousands of instructions: a few hundred characters are what one message may cost. */
const DEAR = '(?i)(a|b|ab){500,1000}c'
const LONG = 'ab'.repeat(30_000)

/** Each asks an expression about a text that a client chose; every other request gets 200. */
const users = {
  header: { rule: `HeaderRegexp(\`X-A\`, \`${DEAR}\`)`, fields: ['X-A', LONG] },
  negated: { rule: `!HeaderRegexp(\`X-A\`, \`${DEAR}\`)`, fields: ['X-A', LONG] },
  either: { rule: `HeaderRegexp(\`X-A\`, \`${DEAR}\`) || PathPrefix(\`/\`)`, fields: ['X-A', LONG] },
  path: { rule: `PathRegexp(\`${DEAR}\`)`, target: `/${LONG}` },
  query: { rule: `QueryRegexp(\`q\`, \`${DEAR}\`)`, target: `/?q=${LONG}` },
  redirectRegex: { middleware: { redirectRegex: { regex: DEAR, replacement: '/' } }, target: `/${LONG}` },
  replacePathRegex: { middleware: { replacePathRegex: { regex: DEAR, replacement: '/' } }, target: `/${LONG}` },
  stripPrefixRegex: { middleware: { stripPrefixRegex: { regex: [DEAR] } }, target: `/${LONG}` },
  cors: {
    middleware: { headers: { accessControlAllowOriginListRegex: [DEAR], accessControlAllowMethods: ['GET'] } },
    fields: ['Origin', LONG],
  },
} as const

interface User {
  readonly rule?: string
  readonly middleware?: Record<string, unknown>
  readonly fields?: readonly [string, string]
  readonly target?: string
}

const entries = Object.entries(users) as [string, User][]

function routing(url: string) {
  const routers: Record<string, unknown> = { all: { rule: 'PathPrefix(`/`)', service: 's', priority: 1 } }
  const middlewares: Record<string, unknown> = {}
  for (const [name, { rule = 'PathPrefix(`/`)', middleware }] of entries) {
    const own = `Host(\`${name}.test\`) && (${rule})`
    routers[name] = { rule: own, service: 's', priority: 9, ...(middleware && { middlewares: [name] }) }
    if (middleware !== undefined) middlewares[name] = middleware
  }
  return { http: { routers, middlewares, services: { s: { loadBalancer: { servers: [{ url }] } } } } }
}

describe('an expression that can not decide in time', () => {
  let server: RawServer
  let proxy: TestProxy
  beforeAll(async () => {
    server = await startRawServer((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
    proxy = await startProxy(JSON.stringify(routing(server.url)))
  })
  afterAll(async () => {
    await proxy.stop()
    await server.close()
  })

  const ask = (host: string, target = '/', fields: readonly string[] = []) =>
    talk(
      proxy.port,
      `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${fields.length > 0 ? `${fields.join(': ')}\r\n` : ''}\r\n`,
    )

  test.each(entries)('%s: the request is refused by Node, nothing is asked', async (name, { target, fields }) => {
    const lines = () => proxy.logged.filter(({ message }) => message.startsWith('A request is refused'))
    const before = lines().length
    server.take()
    for (let i = 0; i < 3; i++) expect((await ask(`${name}.test`, target, fields)).slice(0, 12)).toBe('HTTP/1.1 400')
    expect(server.take()).toBe('')
    // Expressions that are written alike are told of once.
    expect(lines().length - before).toBe(before === 0 ? 1 : 0)
    expect((await ask(`${name}.test`)).slice(0, 12)).toBe('HTTP/1.1 200')
  })

  test.each(entries)('%s: and by a Fetch handler', async (name, { target = '/', fields }) => {
    let asked = 0
    const signalbox = createSignalbox({
      routing: routing('http://s.test'),
      async fetch() {
        asked++
        return new Response('ok')
      },
    })
    const headers = fields === undefined ? {} : { [fields[0]]: fields[1] }
    expect((await signalbox.fetch(new Request(`http://${name}.test${target}`, { headers }))).status).toBe(400)
    expect(asked).toBe(0)
    expect((await signalbox.fetch(new Request(`http://${name}.test/`))).status).toBe(200)
  })

  test('an answer of an authentication server', async () => {
    const seen: string[] = []
    const signalbox = createSignalbox({
      routing: {
        http: {
          routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['auth'] } },
          middlewares: { auth: { forwardAuth: { address: 'http://auth.test', authResponseHeadersRegex: DEAR } } },
          services: { s: { loadBalancer: { servers: [{ url: 'http://s.test' }] } } },
        },
      },
      async fetch(url) {
        seen.push(new URL(url).host)
        return new Response('ok')
      },
    })
    const response = await signalbox.fetch(new Request('http://a.test/', { headers: { [LONG]: '1' } }))
    expect([response.status, seen]).toEqual([400, ['auth.test']])
  })
})

test.each([
  ['(.*a){12}$', 'a'.repeat(50_000)],
  ['[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}', '0123abcd-'.repeat(20_000)],
  ['\\bfoo\\b', 'foo-fo '.repeat(20_000)],
])('many routers share what one request may cost: %s', async (expression, text) => {
  const routers = Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [
      `r${i}`,
      { rule: `HeaderRegexp(\`X-A\`, \`${expression}${i}\`) && Path(\`/${i}\`)`, service: 's' },
    ]),
  )
  const all = { rule: 'PathPrefix(`/`)', service: 's', priority: 1 }
  const proxy = await startProxy(
    JSON.stringify({
      http: {
        routers: { ...routers, all },
        services: { s: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } },
      },
    }),
  )
  try {
    const answer = (value: string) =>
      talk(proxy.port, `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${value}\r\nConnection: close\r\n\r\n`)
    expect((await answer(text)).slice(0, 12)).toBe('HTTP/1.1 400')
    // Texts of a usual length are decided, however many routers there are.
    expect((await answer(text.slice(0, 40))).slice(0, 12)).toBe('HTTP/1.1 502')
  } finally {
    await proxy.stop()
  }
})
