import { describe, expect, test } from 'vitest'
import { type ClientHello, ClientHelloReader } from '../../../../src/engine/streams/tcp/client-hello.ts'
import { makeHello, records } from '../../../support/client-hello.ts'

const read = (bytes: Uint8Array): ClientHello | 'more' | 'malformed' => new ClientHelloReader().take(bytes)

const hello = (serverName: string, protocols: readonly string[] = []) => ({ serverName, protocols })

describe('what a ClientHello says', () => {
  test.each([
    ['nothing', makeHello({}), hello('')],
    ['a server name', makeHello({ serverName: 'a.example' }), hello('a.example')],
    ['in capitals', makeHello({ serverName: 'A.Example' }), hello('a.example')],
    ['with a trailing dot', makeHello({ serverName: 'a.example.' }), hello('a.example')],
    ['protocols', makeHello({ protocols: ['h2', 'http/1.1'] }), hello('', ['h2', 'http/1.1'])],
    ['both', makeHello({ serverName: 'b', protocols: ['x'] }), hello('b', ['x'])],
    ['another kind of name beside', withServerNames([1, 0, 1, 65], [0, 0, 1, 98]), hello('b')],
    ['in records of one octet', makeHello({ serverName: 'a.example', recordSize: 1 }), hello('a.example')],
  ])('%s', (_, bytes, expected) => {
    expect(read(bytes)).toEqual(expected)
  })

  test('octet by octet', () => {
    const bytes = makeHello({ serverName: 'a.example', protocols: ['h2'], recordSize: 50 })
    const reader = new ClientHelloReader()
    for (let at = 0; at < bytes.length - 1; at++) expect(reader.take(bytes.subarray(at, at + 1))).toBe('more')
    expect(reader.take(bytes.subarray(bytes.length - 1))).toEqual(hello('a.example', ['h2']))
  })

  test('without extensions, as TLS 1.2 has it', () => {
    const body = [3, 3, ...new Array<number>(32).fill(0), 0, 0, 2, 0xc0, 0x2f, 1, 0]
    expect(read(records([1, 0, 0, body.length, ...body], 1000))).toEqual(hello(''))
  })

  test('what follows in the record is not ours', () => {
    const bytes = makeHello({ serverName: 'a' })
    expect(read(Uint8Array.from([...bytes, 1, 2, 3]))).toEqual(hello('a'))
  })
})

function withServerNames(...entries: readonly (readonly number[])[]): Uint8Array {
  const all = entries.flat()
  return makeHello({ extensions: [[0, [0, all.length, ...all]]] })
}

describe('what is none', () => {
  const valid = makeHello({ serverName: 'a.example' })
  const changed = (at: number, octet: number): Uint8Array => {
    const copy = valid.slice()
    copy[at] = octet
    return copy
  }

  test.each([
    ['another record', changed(0, 23)],
    ['another major version', changed(1, 2)],
    ['an empty record', Uint8Array.of(22, 3, 1, 0, 0)],
    ['a record that is too large', Uint8Array.of(22, 3, 1, 0x40, 1)],
    ['another handshake message', changed(5, 2)],
    ['a message that is too large', changed(6, 1)],
    ['a session identifier that is too long', changed(43, 33)],
    ['an odd length of cipher suites', changed(45, 1)],
    ['extensions that are cut', changed(51, 200)],
    ['extensions with something behind', changed(51, 1)],
    ['two server name extensions', makeHello({ serverName: 'a', extensions: [[0, [0, 4, 0, 0, 1, 98]]] })],
    ['two host names', withServerNames([0, 0, 1, 97], [0, 0, 1, 98])],
    ['an empty list of names', withServerNames()],
    ['an empty name', withServerNames([0, 0, 0])],
    ['a name with a blank', makeHello({ serverName: 'a b' })],
    ['a name with a zero octet', makeHello({ serverName: 'a\0b' })],
    ['a name beyond ASCII', makeHello({ serverName: 'a\xfc' })],
    ['a name of dots', makeHello({ serverName: '..' })],
    ['a name of more than 255 octets', makeHello({ serverName: 'a'.repeat(256) })],
    ['a name longer than its list', makeHello({ extensions: [[0, [0, 4, 0, 0, 9, 98]]] })],
    ['an empty protocol', makeHello({ protocols: [''] })],
    ['no protocol', makeHello({ protocols: [] })],
    ['two lists of protocols', makeHello({ protocols: ['a'], extensions: [[16, [0, 2, 1, 98]]] })],
  ])('%s', (_, bytes) => {
    expect(read(bytes)).toBe('malformed')
  })

  test('a part of one wants more', () => {
    for (let length = 0; length < valid.length; length++) expect(read(valid.subarray(0, length))).toBe('more')
  })
})
