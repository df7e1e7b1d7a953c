// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates of Go regexp replacements
import { describe, expect, test } from 'vitest'
import { replacePathRegexElement } from '../../src/middlewares/replace-path-regex/replace-path-regex.schema.ts'
import { replacePathRegex } from '../../src/middlewares/replace-path-regex/replace-path-regex.ts'
import { stripPrefixElement } from '../../src/middlewares/strip-prefix/strip-prefix.schema.ts'
import { stripPrefix } from '../../src/middlewares/strip-prefix/strip-prefix.ts'
import { buildMiddleware, exchange, prepareErrorOf, requestOf, responseOf, TestContext } from '../support/middleware.ts'

const rewriting = (regex: string, replacement: string) =>
  buildMiddleware(replacePathRegexElement, replacePathRegex, { regex, replacement })

describe('replacePathRegex', () => {
  test.each([
    ['^/whoami/(.*)', '/who-am-i/$1', '/whoami/and/whoami?x=1', '/who-am-i/and/whoami?x=1'],
    ['/whoami', '/who-am-i', '/whoami/and/whoami', '/who-am-i/and/who-am-i'],
    ['^/downloads/([^/]+)/([^/]+)$', '/downloads/$1-$2', '/downloads/src/source.go', '/downloads/src-source.go'],
    ['/whoami', '', '/whoami/and/whoami', '/and'],
    ['/aaa%2Fbbb', '/foo/bar', '/aaa%2Fbbb', '/foo/bar'],
    ['/aaa/bbb', '/foo%2Fbar', '/aaa/bbb', '/foo%2Fbar'],
    ['^/a$', '/b', '/a?x=/a', '/b?x=/a'],
    ['^/x/([a-z]+)$', '/y/${1}_old', '/x/abc', '/y/abc_old'],
    ['^/a/.+$', '/b$0', '/a/c', '/b/a/c'],
    ['  ^/a/(.*)  ', '  /b/$1  ', '/a/z', '/b/z'],
    ['^/(.*)', '/$1?q=1', '/x?z', '/x%3Fq=1?z'],
    ['^/(?P<a>[a-z]+)/(?<b>[0-9]+)', '/${b}/$a/$b', '/abc/12/z', '/12/abc/12/z'],
    ['^/.*', '/x', '/a/b', '/x'],
  ])('%s to %s makes %s %s', async (regex, replacement, target, expected) => {
    const { seen } = await exchange(rewriting(regex, replacement), { target })
    expect(seen?.target).toBe(expected)
    expect(seen?.headers.get('x-replaced-path')).toBe(target.split('?')[0])
  })

  test('nothing happens without a match', async () => {
    const { seen } = await exchange(rewriting('/aaa/bbb', '/foo'), { target: '/aaa%2Fbbb' })
    expect([seen?.target, seen?.headers.lines]).toEqual(['/aaa%2Fbbb', []])
  })

  test.each([
    ['^/foo(.*)', '/$1', '/foo../bar', 400, 'Bad Request\n'],
    ['^/api/(.*)$', '/$1/../x', '/api/x', 400, 'Bad Request\n'],
    ['/x', '/%zz', '/x', 500, 'invalid URL escape "%zz"\n'],
  ])('%s to %s on %s is %d', async (regex, replacement, target, status, content) => {
    const { response, seen } = await exchange(rewriting(regex, replacement), { target })
    expect([response.status, response.content, seen]).toEqual([status, content, null])
  })

  test('the old path is announced where the new one is refused too: the access log shows it', async () => {
    const request = requestOf({ target: '/foo../bar' })
    await rewriting('^/foo(.*)', '/$1')(() => responseOf())(request, new TestContext())
    expect(request.headers.lines).toEqual(['X-Replaced-Path', '/foo../bar'])
  })

  test('an empty rest is seen as such', async () => {
    const strip = buildMiddleware(stripPrefixElement, stripPrefix, { prefixes: ['/a'] })
    const rewrite = rewriting('^$', '/empty')
    const { seen } = await exchange((next) => strip(rewrite(next)), { target: '/a?q' })
    expect([seen?.target, seen?.headers.get('x-replaced-path')]).toEqual(['/empty?q', ''])
  })

  test('a bad expression is refused', () => {
    expect(prepareErrorOf(replacePathRegexElement, { regex: '(', replacement: '' })).toBe(
      'error compiling regular expression (: error parsing regexp: missing closing ): `(`',
    )
  })
})

test('control characters are refused (2)', () => {
  expect(prepareErrorOf(replacePathRegexElement, { regex: 'a', replacement: '/a\u0000b' })).toMatch(/control character/)
})
