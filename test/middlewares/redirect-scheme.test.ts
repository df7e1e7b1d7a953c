import { describe, expect, test } from 'vitest'
import { redirectSchemeElement } from '../../src/middlewares/redirect-scheme/redirect-scheme.schema.ts'
import { redirectScheme } from '../../src/middlewares/redirect-scheme/redirect-scheme.ts'
import { buildMiddleware, exchange, prepareErrorOf, type RequestSketch } from '../support/middleware.ts'

const toScheme = (scheme: string, port = '', permanent = false) =>
  buildMiddleware(redirectSchemeElement, redirectScheme, { scheme, port, permanent })

describe('statuses', () => {
  test.each([
    ['GET', false, 302, 'Found'],
    ['GET', true, 301, 'Moved Permanently'],
    ['HEAD', false, 307, 'Temporary Redirect'],
    ['HEAD', true, 308, 'Permanent Redirect'],
    ['POST', false, 307, 'Temporary Redirect'],
    ['POST', true, 308, 'Permanent Redirect'],
  ])('%s, permanent %s: %d', async (method, permanent, status, content) => {
    const { response, seen } = await exchange(toScheme('https', '', permanent), { method, target: '/f' })
    expect([response.status, response.content, seen]).toEqual([status, content, null])
    expect(response.headers.lines).toEqual(['Location', 'https://host.example/f'])
  })
})

describe('redirectScheme', () => {
  test.each<[string, string, RequestSketch, string | null]>([
    ['https', '', { host: 'shop', target: '/a?b=1' }, 'https://shop/a?b=1'],
    ['https', '', { host: 'shop:8080', target: '/x' }, 'https://shop/x'],
    ['https', '8443', { host: 'shop:8000', target: '/x' }, 'https://shop:8443/x'],
    ['https', '443', { host: 'shop', target: '/x' }, 'https://shop/x'],
    ['wss', '9443', { host: 'shop', target: '/s' }, 'wss://shop:9443/s'],
    ['HTTPS', '', { host: 'shop', target: '/s' }, 'https://shop/s'],
    ['https', '8443', { host: '[::1]' }, 'https://[::1]:8443/'],
    ['https', '8443', { host: '[::1]:8080' }, 'https://[::1]:8443/'],
    ['https', '', { host: 'shop', target: '' }, 'https://shop/'],
    ['http', '80', { host: 'shop' }, null],
    ['http', '80', { host: 'shop:80' }, null],
    ['http', '8080', { host: 'shop:8080' }, null],
    ['http', '8080', { host: 'shop:80' }, 'http://shop:8080/'],
    ['https', '', { scheme: 'https', host: 'shop:443' }, null],
    ['https', '', { host: 'shop', headers: ['X-Forwarded-Proto', 'HTTPS'] }, null],
    ['https', '', { host: 'shop', headers: ['X-Forwarded-Proto', 'wss'] }, null],
    ['https', '', { scheme: 'https', host: 'shop', headers: ['X-Forwarded-Proto', 'ws'] }, 'https://shop/'],
    ['https', '', { scheme: 'https', host: 'shop', headers: ['X-Forwarded-Proto', 'gopher'] }, null],
  ])('to %s %s: %o', async (scheme, port, request, location) => {
    const { response, seen } = await exchange(toScheme(scheme, port), request)
    expect(response.headers.get('location')).toBe(location)
    expect(seen === null).toBe(location !== null)
  })

  test('a port that is no number makes no URL', async () => {
    expect((await exchange(toScheme('https', 'abc'))).response.status).toBe(502)
  })

  test('the scheme is required', () => {
    expect(prepareErrorOf(redirectSchemeElement, { permanent: true })).toBe('you must provide a target scheme')
  })
})
