import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { requestRedirectElement } from '../../src/middlewares/request-redirect/request-redirect.schema.ts'
import { requestRedirect } from '../../src/middlewares/request-redirect/request-redirect.ts'
import { buildMiddleware, exchange, prepareErrorOf, type RequestSketch } from '../support/middleware.ts'

describe('requestRedirect', () => {
  type Options = z.input<typeof requestRedirectElement.schema>
  test.each<[Options, RequestSketch, number, string]>([
    [{}, { host: 'h:80', target: '/a%2Fb?x=1' }, 302, 'http://h:80/a%2Fb?x=1'],
    [
      { scheme: 'https', hostname: 'other', port: '8443', statusCode: 301 },
      { host: 'h', target: '/a' },
      301,
      'https://other:8443/a',
    ],
    [{ hostname: 'other' }, { host: 'h:81', target: '/a' }, 302, 'http://other:81/a'],
    [{ port: '' }, { host: '[::1]:81', scheme: 'https', target: '/' }, 302, 'https://[::1]/'],
    [{ path: '/new path' }, { host: 'h', target: '/a?x=1' }, 302, 'http://h/new%20path?x=1'],
    [{ path: '/new', pathPrefix: '/old' }, { host: 'h', target: '/old/a/' }, 302, 'http://h/new/a/'],
    [{ path: '/', pathPrefix: '/old' }, { host: 'h', target: '/old' }, 302, 'http://h/'],
    [{ path: '/new', pathPrefix: '/old' }, { host: 'h', target: '/old//../a' }, 302, 'http://h/a'],
  ])('%o of %o', async (options, sketch, status, location) => {
    const { response, seen } = await exchange(buildMiddleware(requestRedirectElement, requestRedirect, options), sketch)
    expect([response.status, response.headers.lines, seen]).toEqual([status, ['Location', location], null])
  })

  test('a status that is none', () => {
    expect(prepareErrorOf(requestRedirectElement, { statusCode: 200 })).toBe('unsupported status code: 200')
  })
})
