// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates of Go regexp replacements
import { describe, expect, test } from 'vitest'
import { redirectRegexElement } from '../../src/middlewares/redirect-regex/redirect-regex.schema.ts'
import { redirectRegex } from '../../src/middlewares/redirect-regex/redirect-regex.ts'
import { buildMiddleware, exchange, prepareErrorOf, type RequestSketch } from '../support/middleware.ts'

const byRegex = (regex: string, replacement: string, permanent = false) =>
  buildMiddleware(redirectRegexElement, redirectRegex, { regex, replacement, permanent })

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
