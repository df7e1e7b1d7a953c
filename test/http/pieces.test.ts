import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pieces } from '../../src/http/pieces.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

test('whatever the chunks, their bytes come out in order', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 8 }), fc.nat(20_000), (chunks, limit) => {
      const pieces = new Pieces()
      for (const chunk of chunks) pieces.append(chunk)
      const all = Buffer.concat(chunks)
      expect(pieces.size).toBe(all.length)
      expect(Buffer.from(pieces.joined(limit))).toEqual(all.subarray(0, limit))
      expect(Buffer.concat(pieces.take())).toEqual(all)
      expect(pieces.size).toBe(0)
    }),
    { numRuns: 200 },
  )
})

test('a chunk may be overwritten once it was taken', () => {
  const pieces = new Pieces()
  const chunk = bytesOf('ab')
  pieces.append(chunk)
  pieces.append(chunk)
  chunk.fill(0)
  expect(pieces.joined(9)).toEqual(bytesOf('abab'))
})

test('a hundred thousand chunks of one byte are few pieces', () => {
  const pieces = new Pieces()
  for (let i = 0; i < 100_000; i++) pieces.append(bytesOf('x'))
  expect(pieces.take().length).toBeLessThan(30)
})
