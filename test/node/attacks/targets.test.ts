import http2 from 'node:http2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSignalbox } from '../../../adapters/web/signalbox.ts'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { type RawServer, startRawServer, talk } from '../../support/raw-server.ts'

const LIMIT = 65_536

let server: RawServer
let proxy: TestProxy
let roomy: TestProxy

const routing = (url: string) => ({
  http: {
    routers: {
      plain: { rule: 'PathPrefix(`/`)', service: 's' },
      longer: { rule: 'Host(`longer.test`)', service: 's', priority: 9, middlewares: ['prefix'] },
    },
    middlewares: { prefix: { addPrefix: { prefix: '/p' } } },
    services: { s: { loadBalancer: { servers: [{ url }] } } },
  },
})

beforeAll(async () => {
  server = await startRawServer((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  const text = JSON.stringify(routing(server.url))
  proxy = await startProxy(text)
  roomy = await startProxy(text, ['--entryPoints.web.http.maxTargetBytes=100000'])
})
afterAll(async () => {
  await proxy.stop()
  await roomy.stop()
  await server.close()
})

const statusOf = async (port: number, target: string, host = 'a.test'): Promise<number> =>
  Number((await talk(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).slice(9, 12))

const path = (length: number): string => `/${'a'.repeat(length - 1)}`
const query = (length: number): string => `/?${'a'.repeat(length - 2)}`

test.each([
  ['a path', path],
  ['a query', query],
])('%s longer than 64 KiB is a 414 over HTTP/1.1', async (_, target) => {
  expect(await statusOf(proxy.port, target(LIMIT))).toBe(200)
  expect(await statusOf(proxy.port, target(LIMIT + 1))).toBe(414)
  expect(await statusOf(proxy.port, `http://a.test${target(LIMIT + 1)}`)).toBe(414)
})

test('what a middleware makes longer is fine', async () => {
  expect(await statusOf(proxy.port, path(LIMIT), 'longer.test')).toBe(200)
})

test('the limit of an entry point is its own', async () => {
  expect(await statusOf(roomy.port, path(100_000))).toBe(200)
  expect(await statusOf(roomy.port, path(100_001))).toBe(414)
})

test('HTTP/2 has the same limit', async () => {
  const session = http2.connect(proxy.url, { maxSendHeaderBlockLength: 1_000_000 })
  try {
    const ask = (target: string) =>
      new Promise<number>((resolve, reject) => {
        const stream = session.request({ ':path': target })
        stream.on('response', (fields) => resolve(Number(fields[':status'])))
        stream.on('error', reject)
        stream.resume()
      })
    expect([await ask(path(LIMIT)), await ask(path(LIMIT + 1)), await ask(query(LIMIT + 1))]).toEqual([200, 414, 414])
  } finally {
    session.destroy()
  }
})

test('and so has a Fetch handler', async () => {
  const signalbox = createSignalbox({ routing: routing('http://s.test'), fetch: async () => new Response('ok') })
  const ask = async (target: string) => (await signalbox.fetch(new Request(`http://a.test${target}`))).status
  expect([await ask(path(LIMIT)), await ask(path(LIMIT + 1)), await ask(query(LIMIT + 1))]).toEqual([200, 414, 414])
})
