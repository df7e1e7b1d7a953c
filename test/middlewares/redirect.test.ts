// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates of Go regexp replacements
import { describe, expect, test } from 'vitest'
import { redirectRegexElement } from '../../src/middlewares/redirect-regex/redirect-regex.schema.ts'
import { redirectRegex } from '../../src/middlewares/redirect-regex/redirect-regex.ts'
import { redirectSchemeElement } from '../../src/middlewares/redirect-scheme/redirect-scheme.schema.ts'
import { redirectScheme } from '../../src/middlewares/redirect-scheme/redirect-scheme.ts'
import { parseRedirectUrl } from '../../src/middlewares/shared/redirect-url.ts'
import { buildMiddleware, exchange, prepareErrorOf, type RequestSketch } from '../support/middleware.ts'

const byRegex = (regex: string, replacement: string, permanent = false) =>
  buildMiddleware(redirectRegexElement, redirectRegex, { regex, replacement, permanent })
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

describe('redirectRegex', () => {
  const old = '^http://old\\.example/(.*)'
  test.each<[string, string, RequestSketch, string]>([
    [old, 'https://new.example/${1}', { host: 'old.example', target: '/a/b?c=d' }, 'https://new.example/a/b?c=d'],
    ['^http://h:8080/(.*)', 'http://h:9090/$1', { host: 'h:8080', target: '/p' }, 'http://h:9090/p'],
    ['^(http://[^?]+)\\?lang=([a-z]{2})$', '$1/$2', { host: 'h', target: '/p?lang=de' }, 'http://h/p/de'],
    ['^https://h/(.*)', 'https://i/$1', { scheme: 'https', host: 'h', target: '/p' }, 'https://i/p'],
    ['.*', 'x y', {}, 'x%20y'],
    [
      '^http://h/(.*)',
      'https://ü.example/é $1?ü=é#frag ü',
      { host: 'h', target: '/p(1)?q=1' },
      'https://%C3%BC.example/%C3%A9%20p%281%29?q=1?Ã¼=Ã©#frag%20%C3%BC',
    ],
    ['^(http://[^/]+)(/?)$', '$1/red$2-', { host: 'h', target: '' }, 'http://h/red/-'],
    [
      '(https?)://www\\.([^/:]+)(:[0-9]+)?/(.*)',
      '$1://$2$3/$4',
      { host: 'www.e.com:8080', target: '/path' },
      'http://e.com:8080/path',
    ],
  ])('%s to %s', async (regex, replacement, request, location) => {
    const { response, seen } = await exchange(byRegex(regex, replacement), request)
    expect(seen).toBeNull()
    expect(response.headers.get('location')).toBe(location)
  })

  test.each<[string, string, RequestSketch]>([
    [old, 'https://new.example/$1', { host: 'other.example', target: '/a' }],
    ['^http://same/(.*)', 'http://same/$1', { host: 'same', target: '/x?y=1' }],
    ['', '', { target: '/p(1)?q=1' }],
  ])('%s to %s lets the request pass', async (regex, replacement, request) => {
    const { seen } = await exchange(byRegex(regex, replacement), request)
    expect(seen?.target).toBe(request.target)
  })

  test('a result that is no URL is a 502', async () => {
    const { response, seen } = await exchange(byRegex('^(.*)$', 'http://192.168.0.%31/'))
    expect([response.status, response.content, response.headers.lines, seen]).toEqual([502, 'Bad Gateway', [], null])
  })

  test('a bad expression is refused', () => {
    expect(prepareErrorOf(redirectRegexElement, { regex: '^(.*', replacement: '$1' })).toBe(
      'error parsing regexp: missing closing ): `^(.*`',
    )
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

describe('parseRedirectUrl', () => {
  test.each([
    ['http://u:p@Other:80/x', 'http://u:p@Other:80/x', '/x'],
    ['HTTP://h', 'http://h', '/'],
    ['mailto:a?q=1', 'mailto:a?q=1', 'a?q=1'],
    ['//other/x', '//other/x', '/x'],
    ['///x', '///x', '///x'],
    ['https:///x', 'https:///x', '/x'],
    ['https:/x', 'https:/x', '/x'],
    ['http://h/x?', 'http://h/x?', '/x?'],
    ['http://h/a b(c)', 'http://h/a%20b%28c%29', '/a%20b%28c%29'],
    ['http://h/b(c)%2F', 'http://h/b(c)%2F', '/b(c)%2F'],
    ['http://h/#a(b)[', 'http://h/#a(b)[', '/'],
    ['http://h/#a{b', 'http://h/#a%7Bb', '/'],
    ['http://h/#', 'http://h/', '/'],
    ['http://[fe80::1%25en0]:80/', 'http://[fe80::1%25en0]:80/', '/'],
    ['http://u%40:a%3ab@h/', 'http://u%40:a%3Ab@h/', '/'],
    ['http://%c3%bc/', 'http://%C3%BC/', '/'],
    ['', '', '/'],
  ])('%s', (reference, text, requestUri) => {
    expect(parseRedirectUrl(reference)).toEqual({ text, requestUri })
  })

  test.each([
    ':x',
    '1http://h/',
    'a_b:c',
    'http://h/%zz',
    'http://h:x/',
    'http://::1/',
    'http://a:1:2/',
    'http://[::1/',
    'http://[1.2.3.4]/',
    'http://[x]/',
    'http://a[b]/',
    'http://a b/',
    'http://h%41/',
    'http://u^@h/',
    'http://h/#%z',
    'http://h/\r\nX: 1',
    'http://h/\u007f',
  ])('%j is none', (reference) => {
    expect(parseRedirectUrl(reference)).toBeNull()
  })
})
