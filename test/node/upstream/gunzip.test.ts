import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { gunzipBody } from '../../../adapters/node/upstream/gunzip.ts'
import { BytesBody, StreamBody } from '../../../src/http/body.ts'

const text = 'some text, '.repeat(10000)

describe('gunzipBody', () => {
  test('decodes', async () => {
    const body = gunzipBody(new BytesBody(gzipSync(text)))
    expect(body.length).toBeNull()
    expect(body.used).toBe(false)
    expect(Buffer.from(await body.bytes(1e6)).toString()).toBe(text)
    expect(body.used).toBe(true)
  })

  test('decodes as a stream, in pieces', async () => {
    const encoded = gzipSync(text)
    const pieces = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < encoded.length; at += 7) controller.enqueue(encoded.subarray(at, at + 7))
        controller.close()
      },
    })
    expect(await new Response(gunzipBody(new StreamBody(pieces, null)).stream() as ReadableStream).text()).toBe(text)
  })

  test.each([
    ['cut short', gzipSync(text).subarray(0, 100)],
    ['no gzip', Buffer.from('plain text')],
  ])('%s fails', async (_name, bytes) => {
    await expect(gunzipBody(new BytesBody(bytes)).bytes(1e6)).rejects.toThrow()
  })

  test('a bomb is decoded no faster than it is read', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
    let size = 0
    const flow = gunzipBody(new BytesBody(bomb)).pipe({
      write(chunk) {
        size += chunk.byteLength
        return false
      },
      end() {},
      fail() {},
    })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(size).toBeLessThan(1024 * 1024)
    flow.cancel()
  })
})
