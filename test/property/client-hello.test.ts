import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ClientHello, ClientHelloReader } from '../../src/engine/streams/tcp/client-hello.ts'
import { readProxyHeader } from '../../src/engine/streams/tcp/proxy-header.ts'
import { Sniffer } from '../../src/engine/streams/tcp/sniffer.ts'
import { makeHello } from '../support/client-hello.ts'

/** What a reader says of octets that come in these pieces. */
function inPieces(bytes: Uint8Array, sizes: readonly number[]): ClientHello | 'more' | 'malformed' {
  const reader = new ClientHelloReader()
  let at = 0
  for (const size of [...sizes, bytes.length]) {
    const answer = reader.take(bytes.subarray(at, at + size))
    if (answer !== 'more') return answer
    at += size
  }
  return 'more'
}

const label = fc.stringMatching(/^[a-z0-9]{1,20}$/)
const given = fc.record({
  serverName: fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.')),
  protocols: fc.array(label, { minLength: 1, maxLength: 5 }),
  extensions: fc.array(fc.tuple(fc.integer({ min: 100, max: 65_535 }), fc.array(fc.nat(255), { maxLength: 300 }))),
  recordSize: fc.integer({ min: 1, max: 4000 }),
})
const pieces = fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 40 })

test('a ClientHello reads the same however it is cut', () => {
  fc.assert(
    fc.property(given, pieces, (hello, sizes) => {
      const { serverName, protocols } = hello
      expect(inPieces(makeHello(hello), sizes)).toEqual({ serverName, protocols })
    }),
  )
})

test('a change of any octet gives an answer, and the same one however it is cut', () => {
  fc.assert(
    fc.property(given, pieces, fc.nat(), fc.nat(255), (hello, sizes, place, octet) => {
      const bytes = makeHello(hello)
      bytes[place % bytes.length] = octet
      expect(inPieces(bytes, sizes)).toEqual(inPieces(bytes, []))
    }),
  )
})

test('any octets get an answer', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0x16, 0x80, 0, 0x50),
      fc.uint8Array({ maxLength: 200 }),
      fc.boolean(),
      (first, bytes, onlyTls) => {
        const start = Uint8Array.from([first, 3, 1, ...bytes])
        expect(['more', 'plain', 'postgres', 'malformed', 'tls']).toContain(new Sniffer(onlyTls).take(start).kind)
        const header = readProxyHeader(Uint8Array.from([...new TextEncoder().encode('PROXY '), ...bytes]))
        expect(typeof header === 'object' || header === 'malformed').toBe(true)
      },
    ),
  )
})
