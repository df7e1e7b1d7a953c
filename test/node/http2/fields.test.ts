import { describe, expect, test } from 'vitest'
import { Refused, readRequestFields, trailerFields } from '../../../adapters/node/http2/incoming-fields.ts'
import { outgoingFields } from '../../../adapters/node/http2/outgoing-fields.ts'

const get = (...more: string[]) => [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'h', ...more]
const read = (raw: readonly string[], size = 10_000) => readRequestFields(raw, 100, size)

describe('requests', () => {
  test('a plain one', () => {
    expect(read(get('x-a', '1', 'accept', '*/*', 'content-length', '3', 'expect', '100-continue'))).toEqual({
      method: 'GET',
      target: '/',
      authority: 'h',
      lines: ['X-A', '1', 'Accept', '*/*', 'Content-Length', '3'],
      length: 3,
      expect: '100-continue',
    })
  })

  test('an expectation of something else is handed on', () => {
    expect(read(get('expect', 'x'))).toMatchObject({ lines: ['Expect', 'x'], expect: 'x' })
  })

  test('blanks at the ends of values go', () => {
    const blanks = ' \t'.repeat(100_000)
    expect(read(get('x-a', ' a b\t', 'x-b', `${blanks}a${blanks}b`, 'x-c', ' '), 1_000_000)).toMatchObject({
      lines: ['X-A', 'a b', 'X-B', `a${blanks}b`, 'X-C', ''],
    })
  })

  test('crumbs of a cookie become one line', () => {
    expect(read(get('cookie', 'a=1', 'x', 'y', 'cookie', 'b=2'))).toHaveProperty('lines', [
      'X',
      'y',
      'Cookie',
      'a=1; b=2',
    ])
  })

  test('Host stands in for a missing authority, and is no field', () => {
    const raw = [':method', 'GET', ':scheme', 'http', ':path', '/', 'host', 'h.test:80']
    expect(read(raw)).toMatchObject({ authority: 'h.test:80', lines: [] })
    expect(read(get('host', 'H'))).toMatchObject({ authority: 'h' })
  })

  test.each([
    ['another Host than the authority', get('host', 'other')],
    ['two Host lines', get('host', 'h', 'host', 'h')],
    ['user information', [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'u@h']],
    ['an empty label', [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'x..']],
    ['two ports', [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'h:1:2']],
    ['no path', [':method', 'GET', ':scheme', 'http', ':path', '', ':authority', 'h']],
    ['a relative path', [':method', 'GET', ':scheme', 'http', ':path', 'x', ':authority', 'h']],
    ['an absolute target', [':method', 'GET', ':scheme', 'http', ':path', 'http://h/', ':authority', 'h']],
    ['`*` with another method', [':method', 'GET', ':scheme', 'http', ':path', '*', ':authority', 'h']],
    ['a blank in the path', [':method', 'GET', ':scheme', 'http', ':path', '/a b', ':authority', 'h']],
    ['no method', [':method', '', ':scheme', 'http', ':path', '/', ':authority', 'h']],
    ['a method that is no token', [':method', 'G T', ':scheme', 'http', ':path', '/', ':authority', 'h']],
    ['another scheme', [':method', 'GET', ':scheme', 'ftp', ':path', '/', ':authority', 'h']],
    ['a scheme in capitals', [':method', 'GET', ':scheme', 'HTTP', ':path', '/', ':authority', 'h']],
    ['Transfer-Encoding', get('transfer-encoding', 'chunked')],
    ['Connection', get('connection', 'x')],
    ['Upgrade', get('upgrade', 'websocket')],
    ['a line end in a value', get('x', 'a\r\nb: c')],
    ['a length that is none', get('content-length', '-1')],
    ['two lengths', get('content-length', '1', 'content-length', '2')],
  ])('refused: %s', (_, raw) => expect(read(raw)).toEqual(new Refused(400)))

  test('too many fields', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => [`x-${i}`, '']).flat()
    expect(read(get(...many(96)))).not.toBeInstanceOf(Refused)
    expect(read(get(...many(97)))).toEqual(new Refused(431))
  })

  test('too large ones', () => {
    const size = 4 * 32 + ':method:scheme:path:authority'.length + 'GEThttp/h'.length
    expect(readRequestFields(get(), 100, size)).not.toBeInstanceOf(Refused)
    expect(readRequestFields(get(), 100, size - 1)).toEqual(new Refused(431))
  })
})

test('fields on their way out', () => {
  const lines = [
    ...['Connection', 'x', 'Keep-Alive', '1', 'Transfer-Encoding', 'chunked', 'Upgrade', 'x', 'Host', 'h'],
    ...['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'ETag', '"1"', 'etag', '"2"', 'X-Bad', 'a\r\nb: c'],
    ...['Bad Name', 'x', 'Te', 'gzip', 'TE', 'trailers, deflate', 'X-Ö', 'x', 'X-V', 'ö€'],
  ]
  expect({ ...outgoingFields(lines) }).toEqual({
    'set-cookie': ['a=1', 'b=2'],
    etag: '"1"',
    'x-bad': 'a  b: c',
    te: 'trailers',
    'x-v': 'ö?',
  })
  expect({ ...outgoingFields(['Expect', 'x', 'A', 'b'], 'expect') }).toEqual({ a: 'b' })
})

test('trailers lose what would change the message', () => {
  expect(trailerFields(['grpc-status', '0', 'content-length', '5'])?.lines).toEqual(['Grpc-Status', '0'])
  expect(trailerFields(['content-length', '5'])).toBeNull()
  expect(trailerFields(undefined)).toBeNull()
})
