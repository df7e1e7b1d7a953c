import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { respondElement } from '../../src/middlewares/respond/respond.schema.ts'
import { respond } from '../../src/middlewares/respond/respond.ts'
import { buildMiddleware, exchange, prepareErrorOf } from '../support/middleware.ts'

describe('respond', () => {
  type Options = z.input<typeof respondElement.schema>

  test.each<[Options, number, string[], string | null]>([
    [{}, 200, [], null],
    [{ body: 'hello' }, 200, ['Content-Type', 'text/plain; charset=utf-8'], 'hello'],
    [{ status: 404, body: 'grüß' }, 404, ['Content-Type', 'text/plain; charset=utf-8'], 'grüß'],
    [{ body: '{}', contentType: 'application/json' }, 200, ['Content-Type', 'application/json'], '{}'],
    [
      { body: '{}', headers: { 'content-type': 'application/json', 'x-a': '1' } },
      200,
      ['Content-Type', 'application/json', 'X-A', '1'],
      '{}',
    ],
    [{ body: 'x', contentType: 'a/b', headers: { 'content-type': 'c/d' } }, 200, ['Content-Type', 'a/b'], 'x'],
    [{ headers: { 'X-Name': 'grüß' } }, 200, ['X-Name', 'gr\u00c3\u00bc\u00c3\u009f'], null],
    [{ status: 204, body: 'none' }, 204, [], null],
    [{ status: 304, body: 'none', headers: { ETag: '"a"' } }, 304, ['Etag', '"a"'], null],
    [{ status: 301, headers: { Location: '/new' } }, 301, ['Location', '/new'], null],
  ])('%o', async (options, status, lines, content) => {
    const handle = buildMiddleware(respondElement, respond, options)
    const { response, seen } = await exchange(handle)
    expect([response.status, response.headers.lines, response.content, seen]).toEqual([status, lines, content, null])
    response.headers.append('X-Later', '1')
    expect((await exchange(handle)).response.headers.lines).toEqual(lines)
  })

  test.each<[Options, string]>([
    [{ status: 101 }, 'invalid HTTP status code 101'],
    [{ status: 600 }, 'invalid HTTP status code 600'],
    [{ headers: { 'a b': '1' } }, 'invalid header field name "a b"'],
    [{ headers: { 'X-A': 'a\u0000b' } }, 'invalid header field value for "X-A"'],
    [{ contentType: 'a\u0001' }, 'invalid header field value for "Content-Type"'],
    [{ headers: { 'content-length': '3' } }, 'header field "Content-Length" is written by the proxy itself'],
  ])('%o: %s', (options, error) => {
    expect(prepareErrorOf(respondElement, options)).toBe(error)
  })
})
