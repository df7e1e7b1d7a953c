import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  cleanPath,
  decodePath,
  encodedOf,
  encodePath,
  normalizePath,
  routingPathOf,
  viewOf,
} from '../../src/http/path.ts'

describe('normalizePath', () => {
  test.each([
    ['/plain/path', '/plain/path'],
    ['/%41%62%7e%2d', '/Ab~-'],
    ['/a%2fb', '/a%2Fb'],
    ['/x%3ay%20z', '/x%3Ay%20z'],
    ['/{x}|^"<>\\`', '/%7Bx%7D%7C%5E%22%3C%3E%5C%60'],
    ["/!$&'()*+,;=:@[]", "/!$&'()*+,;=:@[]"],
    ['/caf\u00c3\u00a9', '/caf%C3%A9'],
    ['/a%zz', null],
    ['/a%2', null],
    ['/a%', null],
  ])('%s', (raw, normal) => expect(normalizePath(raw)).toBe(normal))
})

describe('cleanPath', () => {
  test.each([
    ['', '/'],
    ['/', '/'],
    ['/./foo/bar', '/foo/bar'],
    ['/foo/../bar', '/bar'],
    ['/foo/bar//', '/foo/bar/'],
    ['/../../b', '/b'],
    ['/a/b/..', '/a'],
    ['/a/b/../', '/a/'],
    ['/a/.', '/a'],
    ['/a/..%2Fb', '/a/..%2Fb'],
    ['/a/...', '/a/...'],
    ['/.well-known/x', '/.well-known/x'],
  ])('%s', (path, clean) => expect(cleanPath(path)).toBe(clean))

  test('is idempotent and leaves neither dot segments nor empty ones', () => {
    const segment = fc.constantFrom('', '.', '..', 'a', 'b', '...', '.a')
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 12 }), (segments) => {
        const clean = cleanPath(`/${segments.join('/')}`)
        expect(cleanPath(clean)).toBe(clean)
        expect(
          clean
            .split('/')
            .slice(1, -1)
            .every((part) => part !== '' && part !== '.' && part !== '..'),
        ).toBe(true)
      }),
    )
  })
})

describe('routingPathOf', () => {
  test.each([
    ['/a%20b', '/a b'],
    ['/a%2Fb', '/a%2Fb'],
    ['/caf%C3%A9', '/café'],
    ['/%7Bx%7D', '/{x}'],
    ['/%3A%25', '/%3A%25'],
  ])('%s', (encoded, seen) => expect(routingPathOf(encoded)).toBe(seen))
})

describe('views', () => {
  test('rawPath is empty where the encoding is the default one', () => {
    expect(viewOf('/a%20b')).toEqual({ path: '/a b', rawPath: '' })
    expect(viewOf('/a%2Fb')).toEqual({ path: '/a/b', rawPath: '/a%2Fb' })
    expect(viewOf('/(x)')).toEqual({ path: '/(x)', rawPath: '/(x)' })
  })

  test('a rawPath that no longer fits gives way to the default encoding', () => {
    expect(encodedOf({ path: '/other(1)', rawPath: '/a%2Fb' })).toBe('/other%281%29')
  })

  test('every byte survives decoding and encoding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const encoded = `/${[...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('')}`
        const decoded = decodePath(encoded)
        expect(decodePath(encodePath(decoded ?? ''))).toBe(decoded)
        expect(encodedOf(viewOf(normalizePath(encoded) ?? ''))).toBe(normalizePath(encoded))
      }),
    )
  })
})
