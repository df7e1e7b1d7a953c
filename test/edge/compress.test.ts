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
