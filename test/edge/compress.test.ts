import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { everything, origin, raw, serving } from './proxy.ts'

const TEXT = 'some words that come again and again, '.repeat(100)
const decoders = { gzip: gunzipSync, br: brotliDecompressSync }

/** Answers in pieces where the path says so. */
const words = () =>
  origin((request, response) => {
    response.setHeader('Content-Type', 'text/plain')
    if (request.url !== '/pieces') response.setHeader('Content-Length', TEXT.length)
    response.end(TEXT)
  })

// The platform encodes content on its way out: whoever has read it before has plain content in hands.
test.each(['gzip', 'br'] as const)('what compress encodes by %s is encoded behind buffering too', async (coding) => {
  const { url: server } = await words()
  const middlewares = { outer: { buffering: { maxResponseBodyBytes: 100_000 } }, inner: { compress: {} } }
  const { url } = await serving(everything([server], {}, middlewares))
  for (const path of ['/', '/pieces']) {
    const request = `GET ${path} HTTP/1.0\r\nHost: a.test\r\nAccept-Encoding: ${coding}\r\n\r\n`
    const answer = Buffer.from(await raw(url, request, '\0never'), 'latin1')
    const end = answer.indexOf('\r\n\r\n')
    expect(answer.subarray(0, end).toString()).toMatch(new RegExp(`^Content-Encoding: ${coding}\\r?$`, 'im'))
    expect([path, decoders[coding](answer.subarray(end + 4)).toString()]).toEqual([path, TEXT])
  }
})

// The runtime pipes no identity stream into another one: it gave up the whole exchange.
test.each([
  ['requests in flight', { outer: { inFlightReq: { amount: 9 } }, inner: { compress: {} } }],
  [
    'a circuit breaker',
    { outer: { circuitBreaker: { expression: 'NetworkErrorRatio() > 0.9' } }, inner: { compress: {} } },
  ],
  ['nobody', { inner: { compress: {} } }],
])('content that comes by and by is encoded where %s waits for its end', async (_what, middlewares) => {
  const ends: (() => void)[] = []
  const { url: server } = await origin((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write('data: 1\n\n')
    ends.push(() => response.end('data: 2\n\n'))
  })
  const { url } = await serving(everything([server], {}, middlewares))
  for (const coding of ['gzip', 'br', 'identity']) {
    const response = await fetch(url, { headers: { 'Accept-Encoding': coding } })
    expect(response.headers.get('content-encoding')).toBe(coding === 'identity' ? null : coding)
    ends.pop()!()
    expect(await response.text()).toBe('data: 1\n\ndata: 2\n\n')
  }
})
