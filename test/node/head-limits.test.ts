import { createServer as createHttp2Server, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../support/node-proxy.ts'
import { type RawServer, startRawServer, talk } from '../support/raw-server.ts'

let proxy: TestProxy
let server: RawServer | null = null
let http2: Http2Server | null = null
afterEach(async () => {
  await proxy.stop()
  await server?.close()
  http2?.close()
  server = http2 = null
})

async function front(url: string, transport: object, flags: readonly string[] = []): Promise<void> {
  const loadBalancer = { servers: [{ url }], serversTransport: 't' }
  proxy = await startProxy(
    JSON.stringify({
      http: {
        routers: { r: { rule: 'PathPrefix(`/`)', service: 's' } },
        services: { s: { loadBalancer } },
        serversTransports: { t: transport },
      },
    }),
    flags,
  )
}

const cookies = (count: number) => 'Set-Cookie: a=b\r\n'.repeat(count)
const long = (bytes: number) => `X-Long: ${'x'.repeat(bytes)}\r\n`

const ask = (fields = '') => talk(proxy.port, `GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${fields}\r\n`)
const warnings = () => proxy.logged.filter(({ level }) => level === 'warn').map(({ message }) => message)

describe('heads of answers', () => {
  const serve = async (fields: string, transport: object) => {
    server = await startRawServer((socket) => socket.write(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`))
    await front(server.url, transport)
  }

  test.each([
    ['as many fields as the transport allows', cookies(6000), { maxResponseHeaderFields: 7000 }],
    ['as many bytes as the transport allows', long(5_000_000), { maxResponseHeaderBytes: 6_000_000 }],
  ])('%s go on', async (_, fields, transport) => {
    await serve(fields, transport)
    const answer = await ask()
    expect(answer.slice(0, 15)).toBe('HTTP/1.1 200 OK')
    expect(answer.includes(fields)).toBe(true)
  })

  test.each([
    ['fields', cookies(1100), {}, 'has more than 1,000 fields; maxResponseHeaderFields'],
    [
      'fields of our own',
      cookies(10),
      { maxResponseHeaderFields: 10 },
      'has more than 10 fields; maxResponseHeaderFields',
    ],
    ['bytes', long(1_100_000), {}, 'is larger than 1 MiB; maxResponseHeaderBytes'],
    [
      'bytes of our own',
      long(5000),
      { maxResponseHeaderBytes: 1000 },
      'is larger than 1,000 bytes; maxResponseHeaderBytes',
    ],
  ])('more %s than that are 500, and one line says why', async (_, fields, transport, reason) => {
    await serve(fields, transport)
    for (let i = 0; i < 3; i++) expect(await ask()).toMatch(/^HTTP\/1\.1 500 /)
    const authority = server!.url.slice('http://'.length)
    expect(warnings()).toEqual([
      `Answer of ${authority} refused: the head of the answer ${reason} of its serversTransport is the limit`,
    ])
  })

  test('over HTTP/2 as well', async () => {
    http2 = createHttp2Server({ maxSendHeaderBlockLength: 10_000_000 })
    http2.on('stream', (stream, { ':path': path }) => {
      stream.on('error', () => undefined)
      stream.respond({ 'set-cookie': Array(path === '/many' ? 1100 : 30).fill('a=b') })
      stream.end('ok')
    })
    await new Promise<void>((listening) => http2!.listen(0, '127.0.0.1', listening))
    await front(`h2c://127.0.0.1:${(http2.address() as AddressInfo).port}`, { maxResponseHeaderFields: 1200 })
    const many = await talk(proxy.port, 'GET /many HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
    expect(many.split('Set-Cookie: a=b').length).toBe(1101)
    await proxy.stop()
    await front(`h2c://127.0.0.1:${(http2.address() as AddressInfo).port}`, { maxResponseHeaderFields: 10 })
    expect(await ask()).toMatch(/^HTTP\/1\.1 500 /)
    expect(warnings()[0]).toMatch(/or has more than 10 fields/)
  })
})

describe('heads of requests', () => {
  const fields = 'X-A: b\r\n'.repeat(1100)

  test('more fields than 1,000 are 431, and one line says why', async () => {
    server = await startRawServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
    await front(server.url, {})
    for (let i = 0; i < 3; i++) expect(await ask(fields)).toMatch(/^HTTP\/1\.1 431 /)
    expect(warnings()).toEqual([
      'Request refused with 431: its head has more than 1,048,576 bytes (http.maxHeaderBytes) or 1,000 fields (http.maxHeaderFields)',
    ])
  })

  test('an entry point may take more', async () => {
    server = await startRawServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
    await front(server.url, {}, ['--entryPoints.web.http.maxHeaderFields=2000'])
    expect(await ask(fields)).toMatch(/^HTTP\/1\.1 200 /)
  })
})
