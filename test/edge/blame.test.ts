import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { everything, origin, serving } from './proxy.ts'

const uploads = [
  'POST /upload HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\nthe beginning',
  'POST /upload HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\nd\r\nthe beginning\r\n',
]

/** Ways to leave in the middle of an upload. */
const leavings = {
  'is gone': (socket: ReturnType<typeof connect>) => socket.destroy(),
  'says no more': (socket: ReturnType<typeof connect>) => socket.end(),
  'talks nonsense': (socket: ReturnType<typeof connect>) => socket.write('nonsense\r\n\r\n'),
}

const counting: Record<string, [loadBalancer: object, middlewares: Record<string, object>]> = {
  'passive health checks': [{ passiveHealthCheck: { failureWindow: '1m', maxFailedAttempts: 1 } }, {}],
  'a circuit breaker': [
    {},
    {
      breaker: {
        circuitBreaker: { expression: 'NetworkErrorRatio() > 0.01', checkPeriod: '1ms', fallbackDuration: '1m' },
      },
    },
  ],
}

for (const [counter, [loadBalancer, middlewares]] of Object.entries(counting)) {
  test(`a client that breaks an upload off is no failure of a server for ${counter}`, async () => {
    let under = 0
    let complete = 0
    const { url: server } = await origin((request, response) => {
      if (request.url === '/reset') return void request.once('data', () => request.socket.destroy())
      if (request.url !== '/upload') return void response.end()
      request.once('data', () => under++)
      request.resume().on('end', () => complete++)
      request.on('error', () => {}).on('close', () => under--)
    })
    const { url } = await serving(everything([server], loadBalancer, middlewares))
    for (const [how, leave] of Object.entries(leavings)) {
      for (const upload of uploads) {
        const socket = connect(Number(url.port), url.hostname).on('error', () => {})
        socket.write(upload)
        await until(
          () => under,
          (count) => count === 1,
        )
        leave(socket)
        // Where bytes that were announced still come, nonsense is content.
        if (how === 'talks nonsense' && upload.includes('Length')) socket.destroy()
        await until(
          () => under,
          (count) => count === 0,
        )
        socket.destroy()
        expect([how, (await fetch(url)).status]).toEqual([how, 200])
      }
    }
    expect(complete).toBe(0)
    // One that fails itself is blamed.
    expect((await fetch(new URL('/reset', url), { method: 'POST', body: 'x' })).status).toBe(502)
    await expect.poll(async () => (await fetch(url)).status).toBe(503)
  })
}

test('the limit for the head of an answer begins when all content has gone', async () => {
  const LIMIT_MS = 300
  const { url: server } = await origin((request, response) => {
    if (request.url === '/silent') return void request.resume()
    request.resume().on('end', () => response.end('fine'))
  })
  const counted = { passiveHealthCheck: { failureWindow: '1m', maxFailedAttempts: 1 } }
  const { http } = everything([server], { ...counted, serversTransport: 't' })
  const timeouts = { forwardingTimeouts: { responseHeaderTimeout: `${LIMIT_MS}ms` } }
  const { url } = await serving({ http: { ...http, serversTransports: { t: timeouts } } })
  const upload = async (path: string) => {
    const body = Readable.from(
      (async function* () {
        yield 'begin'
        await sleep(2 * LIMIT_MS)
        yield 'end'
      })(),
    )
    return (await fetch(new URL(path, url), { method: 'POST', body, duplex: 'half' } as RequestInit)).status
  }
  // A client that takes its time is no failure of the server.
  expect(await upload('/')).toBe(200)
  expect(await upload('/silent')).toBe(504)
  expect((await fetch(url)).status).toBe(503)
})

test('a request to switch protocols by POST stays a POST', async () => {
  const { url: server } = await origin((request, response) => {
    response.end(`${request.method} ${request.headers.upgrade}`)
  })
  const { url } = await serving(everything([server]))
  const head =
    'Host: a.test\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13'
  const socket = connect(Number(url.port), url.hostname)
  socket.write(`POST / HTTP/1.1\r\n${head}\r\nContent-Length: 2\r\n\r\nhi`)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  expect(answer).toMatch(/\r\n\r\nPOST undefined$/)
})
