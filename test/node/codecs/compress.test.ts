import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { compressBody } from '../../../adapters/node/codecs/compress.ts'
import type { ContentCoding } from '../../../src/contracts/ports.ts'
import { BytesBody } from '../../../src/http/body.ts'
import { PiecesBody } from '../../support/pieces.ts'

const decoders = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync }
const codings: readonly ContentCoding[] = ['gzip', 'br', 'zstd']

describe.each(codings)('%s', (coding) => {
  const text = 'signalbox '.repeat(20_000)

  test('comes out as it went in', async () => {
    const encoded = await compressBody(new BytesBody(new TextEncoder().encode(text)), coding).bytes(1e6)
    expect(encoded.length).toBeLessThan(2_000)
    expect(decoders[coding](encoded).toString()).toBe(text)
  })

  test('a stream gets through piece by piece', async () => {
    const source = new PiecesBody([], 'open')
    const got: Uint8Array[] = []
    let heard: (() => void) | null = null
    const next = () =>
      new Promise<void>((resolve) => {
        heard = resolve
      })
    const over = new Promise<void>((resolve, reject) => {
      compressBody(source, coding).pipe({
        write(chunk) {
          got.push(chunk.slice())
          heard?.()
          return true
        },
        end: resolve,
        fail: reject,
      })
    })
    const first = next()
    source.push('event one')
    await first
    const second = next()
    source.push('event two')
    await second
    source.finish()
    await over
    expect(decoders[coding](Buffer.concat(got)).toString()).toBe('event oneevent two')
  })

  test('a source that breaks off breaks the result off', async () => {
    await expect(compressBody(new PiecesBody(['a'], 'broken'), coding).bytes(1e6)).rejects.toThrow('cut')
  })

  test('cancelling reaches the source', () => {
    const source = new PiecesBody(['a'], 'open')
    const flow = compressBody(source, coding).pipe({ write: () => true, end() {}, fail() {} })
    flow.cancel()
    expect(source.cancelled).toBe(true)
  })
})

test('a sink that refuses holds the source back', async () => {
  const piece = Buffer.alloc(64 * 1024)
  for (let i = 0; i < piece.length; i++) piece[i] = (i * 2654435761) >>> 13
  const source = new PiecesBody(
    Array.from({ length: 200 }, () => piece),
    'complete',
    piece.length * 200,
  )
  await new Promise<void>((resolve) => {
    compressBody(source, 'gzip').pipe({
      write() {
        // Whatever is on its way within the encoder gets time to go on.
        setImmediate(() => setImmediate(resolve))
        return false
      },
      end() {},
      fail() {},
    })
  })
  expect(source.paused).toBe(true)
})
