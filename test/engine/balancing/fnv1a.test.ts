import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fnv1a } from '../../../src/engine/balancing/fnv1a.ts'

const encoder = new TextEncoder()

/** The definition, with integers of any size. */
function reference(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash
}

const wordsOf = ({ hi, lo }: Fnv1a): bigint => (BigInt(hi) << 32n) | BigInt(lo)

describe('FNV-1a', () => {
  test.each([
    ['', 0xcbf29ce484222325n],
    ['a', 0xaf63dc4c8601ec8cn],
    ['foobar', 0x85944171f73967e8n],
  ])('of %j', (text, hash) => {
    const fnv = new Fnv1a()
    fnv.ascii(text)
    expect(wordsOf(fnv)).toBe(hash)
  })

  test('is exact for every text, and so is its value as a number', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary-ascii' }), (name, address) => {
        const [client, fnv] = [new Fnv1a(), new Fnv1a()]
        client.ascii(address)
        fnv.startFrom(client)
        fnv.bytes(encoder.encode(name))
        const hash = reference(encoder.encode(address + name))
        expect(wordsOf(fnv)).toBe(hash)
        expect(fnv.value).toBe(Number(hash))
      }),
    )
  })
})
