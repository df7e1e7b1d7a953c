import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { KvNamespace } from '../../adapters/cli/edge/kv-namespace.ts'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { published } from '../support/published.ts'
import { until } from '../support/until.ts'
import { echo, everything, origin, planOf, raw, serving, worker } from './proxy.ts'

const key = await generateSigningKey()

/** A worker that looks for a newer plan with every request. */
const eager = { SIGNALBOX_PUBLIC_KEYS: key.publicKey, SIGNALBOX_REFRESH_MS: '0', SIGNALBOX_LOG_LEVEL: 'panic' }

test('nothing published: 503 that nobody keeps, and no 404', async () => {
  const { url } = await worker(eager)
  const response = await fetch(url)
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('5')
  expect(response.headers.get('cache-control')).toBe('no-store')
})

test('services of the management plane are there where a router names them', async () => {
  const { url } = await serving({
    http: {
      routers: {
        api: { rule: 'PathPrefix(`/api`)', service: 'api@internal' },
        ping: { rule: 'Path(`/ping`)', service: 'ping@internal' },
        noop: { rule: 'Path(`/noop`)', service: 'noop@internal' },
        rest: { rule: 'Path(`/rest`)', service: 'rest@internal' },
      },
    },
  })
  const get = async (path: string) => {
    const response = await fetch(new URL(path, url))
    return [response.status, await response.text()] as const
  }
  expect(await get('/ping')).toEqual([200, 'OK'])
  expect(await get('/noop')).toEqual([418, ''])
  const [status, text] = await get('/api/http/routers/rest@file')
  expect(status).toBe(200)
  expect(JSON.parse(text)).toMatchObject({ status: 'disabled', error: ['rest is not enabled'] })
})

describe('a published plan', () => {
  test('routes, changes requests and answers, and tells the server who asked', async () => {
    const [a, b] = [await echo('a'), await echo('b')]
    const { url } = await serving({
      http: {
        routers: {
          all: { rule: 'PathPrefix(`/`)', service: 'a', middlewares: ['fields'] },
          sub: { rule: 'PathPrefix(`/b`) && !Header(`X-Skip`, `1`)', service: 'b', middlewares: ['strip'] },
        },
        middlewares: {
          strip: { stripPrefix: { prefixes: ['/b'] } },
          fields: {
            headers: {
              customRequestHeaders: { 'X-In': 'yes', Accept: '' },
              customResponseHeaders: { 'X-Out': 'yes', 'X-Origin': '' },
            },
          },
        },
        services: {
          a: { loadBalancer: { servers: [{ url: a.url }] } },
          b: { loadBalancer: { servers: [{ url: b.url }] } },
        },
      },
    })
    const first = await fetch(new URL('/x%2Fy?q=1', url), { headers: { 'CF-Connecting-IP': '203.0.113.9' } })
    expect(first.headers.get('x-out')).toBe('yes')
    expect(first.headers.get('x-origin')).toBe(null)
    const seen = (await first.json()) as { name: string; url: string; headers: Record<string, string> }
    expect(seen).toMatchObject({ name: 'a', url: '/x%2Fy?q=1' })
    expect(seen.headers).toMatchObject({
      'x-in': 'yes',
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': url.host,
    })
    expect(seen.headers.accept).toBeUndefined()
    expect(await (await fetch(new URL('/b/c', url))).json()).toMatchObject({ name: 'b', url: '/c' })
    const skipped = await fetch(new URL('/b/c', url), { headers: { 'X-Skip': '1' } })
    expect(await skipped.json()).toMatchObject({ name: 'a', url: '/b/c' })
  })

  test('keeps a session on its server', async () => {
    const servers = [await echo('a'), await echo('b')]
    const { url } = await serving(
      everything(
        servers.map((server) => server.url),
        { sticky: { cookie: { name: 'lb' } } },
      ),
    )
    const first = await fetch(url)
    const { name } = (await first.json()) as { name: string }
    const cookie = first.headers.getSetCookie()[0]!.split(';')[0]!
    for (let i = 0; i < 4; i++) {
      expect(await (await fetch(url, { headers: { Cookie: cookie } })).json()).toMatchObject({ name })
    }
  })

  test('sends content on, and 10 MB back byte for byte', async () => {
    const content = Buffer.alloc(10_000_000, 'signalbox ')
    const { url: server } = await origin((request, response) => {
      request.resume()
      request.on('end', () => response.writeHead(200, { 'Content-Length': content.length }).end(content))
    })
    const { url } = await serving(everything([server]))
    const response = await fetch(url, { method: 'POST', body: content })
    expect(response.headers.get('content-length')).toBe(String(content.length))
    const got = createHash('sha256')
      .update(Buffer.from(await response.arrayBuffer()))
      .digest('hex')
    expect(got).toBe(createHash('sha256').update(content).digest('hex'))
  })

  test('passes encoded content as it is, and takes gzip off that nobody asked for', async () => {
    const packed = gzipSync('hello '.repeat(500))
    const { url: server } = await origin((_request, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': packed.length, ETag: '"x"' }).end(packed)
    })
    const { url } = await serving(everything([server]))
    const asked = await raw(
      url,
      'GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n',
      '\0end',
    )
    expect(Buffer.from(asked.split('\r\n\r\n')[1]!, 'latin1').equals(packed)).toBe(true)
    const plain = await raw(url, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', '\0end')
    expect(plain).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(plain).not.toMatch(/content-encoding/i)
    expect(plain).toContain('etag: W/"x"'.replace('etag', /etag/i.exec(plain)![0]))
    expect(plain).toContain('hello hello')
  })

  test('has the platform compress what comes in pieces', async () => {
    const piece = Buffer.alloc(100_000, 'pieces of text, ')
    const { url: server } = await origin(async (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/plain' })
      for (let i = 0; i < 30; i++) if (!response.write(piece)) await once(response, 'drain')
      response.end()
    })
    const { url } = await serving(everything([server], {}, { small: { compress: {} } }))
    for (const coding of ['gzip', 'br']) {
      const response = await fetch(url, { headers: { 'Accept-Encoding': coding } })
      expect(response.headers.get('content-encoding')).toBe(coding)
      expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.concat(Array(30).fill(piece)))).toBe(true)
    }
  })

  test('never has a part of content compressed', async () => {
    const part = 'part of a text, '.repeat(300)
    const { url: server } = await origin((_request, response) => {
      response.writeHead(206, { 'Content-Type': 'text/plain', 'Content-Range': `bytes 0-${part.length - 1}/100000` })
      response.end(part)
    })
    const { url } = await serving(everything([server], {}, { small: { compress: {} } }))
    const response = await fetch(url, { headers: { 'Accept-Encoding': 'br', Range: 'bytes=0-4799' } })
    expect([response.status, response.headers.get('content-encoding'), await response.text()]).toEqual([
      206,
      null,
      part,
    ])
  })

  test('hands server-sent events on as they come', async () => {
    let send: (text: string) => void = () => {}
    const { url: server } = await origin((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      send = (text) => response.write(text)
      response.flushHeaders()
    })
    const { url } = await serving(everything([server]))
    const response = await fetch(url)
    const reader = response.body!.getReader()
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      send(event)
      // The next event is sent only once this one has arrived: nothing is held back.
      expect(new TextDecoder().decode((await reader.read()).value)).toBe(event)
    }
    await reader.cancel()
  })

  test('joins WebSockets', async () => {
    const { url: server, server: http } = await origin((_request, response) => response.end())
    http.on('upgrade', (request, socket) => {
      const accept = createHash('sha1')
        .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64')
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      )
      // An unmasked text frame: "hi".
      socket.write(Buffer.from([0x81, 2, 0x68, 0x69]))
    })
    const { url } = await serving(everything([server]))
    const socket = new WebSocket(`ws://${url.host}/chat`)
    const [message] = (await once(socket, 'message')) as [MessageEvent]
    expect(message.data).toBe('hi')
    socket.close()
  })

  test.each([
    ['refuses connections', {}, 502, 'Bad Gateway'],
    ['does not answer in time', { serversTransport: 'quick' }, 504, 'Gateway Timeout'],
  ])('a server that %s', async (_what, loadBalancer, status, text) => {
    const hanging = await origin(() => {})
    const server = status === 502 ? 'http://127.0.0.1:1' : hanging.url
    const dynamic = everything([server], loadBalancer)
    const { url } = await serving({
      http: {
        ...dynamic.http,
        serversTransports: { quick: { forwardingTimeouts: { responseHeaderTimeout: '50ms' } } },
      },
    })
    const response = await fetch(url)
    expect(response.status).toBe(status)
    expect(await response.text()).toBe(text)
  })

  test.each([
    ['a host that is none', 'GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n', 400],
    ['a host with userinfo', 'GET / HTTP/1.1\r\nHost: a@b\r\nConnection: close\r\n\r\n', 400],
    ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 200],
    ['GET with content', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc', 200],
  ])('%s', async (_what, text, status) => {
    const { url: server } = await echo('a')
    const { url } = await serving(everything([server]))
    expect(await raw(url, text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  test('rules see the path as it was sent, without what would lead out of it', async () => {
    const { url: server } = await echo('a')
    const { url } = await serving(everything([server]))
    const answer = await raw(url, 'GET /a/../b//c/%2e%2e/d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', '\0end')
    expect(answer).toContain('"url":"/b/d"')
  })

  test('an answer to HEAD keeps its length', async () => {
    const { url: server } = await origin((_request, response) =>
      response.writeHead(200, { 'Content-Length': 1234 }).end(),
    )
    const { url } = await serving(everything([server]))
    expect((await fetch(url, { method: 'HEAD' })).headers.get('content-length')).toBe('1234')
  })

  test('passwords are checked by bcrypt', async () => {
    const { url: server } = await echo('a')
    // "secret" at cost 4.
    const users = ['u:$2a$04$tO1XCKUlXPaVzmSRuJjKhOO2/QQlmz9vYTbwXbTNkGQzYcGpTTbYq']
    const { url } = await serving(everything([server], {}, { auth: { basicAuth: { users } } }))
    expect((await fetch(url)).status).toBe(401)
    const response = await fetch(url, { headers: { Authorization: `Basic ${btoa('u:wrong')}` } })
    expect(response.status).toBe(401)
  })
})

describe('what is in KV is taken over only when it is good and newer', () => {
  const named = async () => {
    const [a, b] = [await echo('a'), await echo('b')]
    return { a: await planOf(everything([a.url])), b: await planOf(everything([b.url])) }
  }
  const put = async (kv: KvNamespace, plan: Plan, revision: number, by = key) =>
    kv.put('plan', await published(plan, revision, by))

  /** Who answers, once the isolate has looked at what is in KV. */
  const served = async ({ url, runScheduled }: Awaited<ReturnType<typeof worker>>) => {
    await runScheduled()
    return (await fetch(url)).headers.get('x-origin')
  }

  test('a newer one', async () => {
    const { a, b } = await named()
    const started = await worker(eager)
    await put(started.kv, a, 1)
    expect(await served(started)).toBe('a')
    await put(started.kv, b, 2)
    expect(await served(started)).toBe('b')
  })

  test('an older one is refused, a rollback is a newer one', async () => {
    const { a, b } = await named()
    const started = await worker(eager)
    await put(started.kv, a, 7)
    expect(await served(started)).toBe('a')
    await put(started.kv, b, 6)
    expect(await served(started)).toBe('a')
    await put(started.kv, b, 7)
    expect(await served(started)).toBe('a')
    await publish(started.kv, b, key, 8, { rollbackOf: 6 })
    expect(await served(started)).toBe('b')
  })

  test('a foreign key, a changed byte, garbage, nothing: the last good one stays', async () => {
    const { a, b } = await named()
    const started = await worker(eager)
    await put(started.kv, a, 1)
    expect(await served(started)).toBe('a')
    await put(started.kv, b, 2, await generateSigningKey())
    expect(await served(started)).toBe('a')
    const good = await published(b, 2, key)
    const text = Buffer.from(good).toString('latin1')
    for (const bad of [
      text.replace('"revision":2', '"revision":3'),
      text.slice(0, -1),
      text.split('{')[0]!,
      '{}',
      '\n',
      'null',
      '',
    ]) {
      await started.kv.put('plan', Buffer.from(bad, 'latin1'))
      expect(await served(started), bad.slice(0, 40)).toBe('a')
    }
    await started.kv.put('plan', good)
    expect(await served(started)).toBe('b')
  })

  test('a revision below the least one is refused by a new isolate too', async () => {
    const { a } = await named()
    const started = await worker({ ...eager, SIGNALBOX_MIN_REVISION: '5' })
    await put(started.kv, a, 4)
    expect(await served(started)).toBe(null)
    await put(started.kv, a, 5)
    expect(await served(started)).toBe('a')
  })

  test('without a key nothing is served', async () => {
    const { a } = await named()
    const started = await worker({ SIGNALBOX_REFRESH_MS: '0', SIGNALBOX_LOG_LEVEL: 'panic' })
    await put(started.kv, a, 1)
    expect(await served(started)).toBe(null)
  })
})

describe('scheduled runs', () => {
  test('check servers and write what they find where every isolate reads it', async () => {
    let healthy = false
    const { url: server } = await origin((request, response) => {
      response.statusCode = request.url === '/health' && !healthy ? 500 : 200
      response.end()
    })
    const started = await worker(eager)
    const plan = await planOf(everything([server], { healthCheck: { path: '/health', interval: '30s' } }))
    await publish(started.kv, plan, key, Date.now())
    expect((await fetch(started.url)).status).toBe(200)
    await started.runScheduled()
    expect((await fetch(started.url)).status).toBe(503)
    const stored = JSON.parse(Buffer.from((await started.kv.get('health'))!).toString())
    expect(stored.down).toEqual([expect.stringContaining(server)])

    const other = await worker(eager)
    await publish(other.kv, plan, key, Date.now())
    await other.kv.put('health', JSON.stringify(stored))
    expect((await fetch(other.url)).status).toBe(503)

    healthy = true
    await started.runScheduled()
    expect((await fetch(started.url)).status).toBe(200)
  })
})

test('the address of a client that a caller claims passes no allow list', async () => {
  const { url: server } = await echo('a')
  const started = await worker({ ...eager, SIGNALBOX_TRUST_CALLER: 'false' })
  const dynamic = {
    http: {
      routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['own'] } },
      middlewares: { own: { ipAllowList: { sourceRange: ['203.0.113.7', '::/0'] } } },
      services: { s: { loadBalancer: { servers: [{ url: server }] } } },
    },
  }
  await publish(started.kv, await planOf(dynamic), key, Date.now())
  await started.runScheduled()
  const fields = { 'CF-Connecting-IP': '203.0.113.7' }
  const status = await until(
    async () => (await fetch(started.url, { headers: fields })).status,
    (answer) => answer !== 404 && answer !== 503,
  )
  expect(status).toBe(403)
})
