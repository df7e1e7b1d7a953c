import { describe, expect, test } from 'vitest'
import { Sniffer, SSL_REQUEST } from '../../../../src/engine/streams/tcp/sniffer.ts'
import { makeHello } from '../../../support/client-hello.ts'

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))

describe('protocols by their first octets', () => {
  test.each([
    ['HTTP', bytes('GET / HTTP/1.1\r\n'), 'plain'],
    ['one letter', bytes('P'), 'plain'],
    ['a zero octet alone', Uint8Array.of(0), 'more'],
    ['half an SSLRequest', SSL_REQUEST.subarray(0, 7), 'more'],
    ['an SSLRequest', SSL_REQUEST, 'postgres'],
    ['an SSLRequest with more', Uint8Array.of(...SSL_REQUEST, 22), 'postgres'],
    ['a start-up message of PostgreSQL', Uint8Array.of(0, 0, 0, 9), 'plain'],
    ['TLS', makeHello({}), 'tls'],
    ['half of it', makeHello({}).subarray(0, 20), 'more'],
    ['TLS that is none', bytes('\x16hello'), 'malformed'],
    ['SSLv2', Uint8Array.of(0x80, 0x2e), 'tls'],
  ])('%s', (_, first, kind) => {
    expect(new Sniffer().take(first).kind).toBe(kind)
  })

  test('the difference decides as soon as it comes', () => {
    const sniffer = new Sniffer()
    for (const octet of [0, 0, 0]) expect(sniffer.take(Uint8Array.of(octet)).kind).toBe('more')
    expect(sniffer.take(Uint8Array.of(5)).kind).toBe('plain')
  })

  test('a ClientHello has a limit, however small its records are', () => {
    const sniffer = new Sniffer()
    const record = Uint8Array.of(22, 3, 1, 0, 1, 0)
    expect(sniffer.take(Uint8Array.of(22, 3, 1, 0, 4, 1, 0, 0xff, 0xff)).kind).toBe('more')
    let kind = 'more'
    let taken = 9
    while (kind === 'more') {
      kind = sniffer.take(record).kind
      taken += record.length
    }
    expect(kind).toBe('malformed')
    expect(taken).toBeLessThan(65_536 + 12)
  })
})

describe('after an SSLRequest', () => {
  test.each([
    ['TLS', makeHello({}), 'tls'],
    ['anything else', bytes('hello'), 'malformed'],
    ['a second one', SSL_REQUEST, 'malformed'],
  ])('%s', (_, first, kind) => {
    expect(new Sniffer(true).take(first).kind).toBe(kind)
  })
})
