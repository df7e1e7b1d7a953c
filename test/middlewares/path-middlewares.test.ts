// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates of Go regexp replacements
import { describe, expect, test } from 'vitest'
import { addPrefixElement } from '../../src/middlewares/add-prefix/add-prefix.schema.ts'
import { addPrefix } from '../../src/middlewares/add-prefix/add-prefix.ts'
import { replacePathElement } from '../../src/middlewares/replace-path/replace-path.schema.ts'
import { replacePath } from '../../src/middlewares/replace-path/replace-path.ts'
import { replacePathRegexElement } from '../../src/middlewares/replace-path-regex/replace-path-regex.schema.ts'
import { replacePathRegex } from '../../src/middlewares/replace-path-regex/replace-path-regex.ts'
import { stripPrefixElement } from '../../src/middlewares/strip-prefix/strip-prefix.schema.ts'
import { stripPrefix } from '../../src/middlewares/strip-prefix/strip-prefix.ts'
import { stripPrefixRegexElement } from '../../src/middlewares/strip-prefix-regex/strip-prefix-regex.schema.ts'
import { stripPrefixRegex } from '../../src/middlewares/strip-prefix-regex/strip-prefix-regex.ts'
import { buildMiddleware, exchange, prepareErrorOf, testScopes } from '../support/middleware.ts'

const adding = (prefix: string) => buildMiddleware(addPrefixElement, addPrefix, { prefix })
const stripping = (...prefixes: string[]) => buildMiddleware(stripPrefixElement, stripPrefix, { prefixes })
const cutting = (...regex: string[]) => buildMiddleware(stripPrefixRegexElement, stripPrefixRegex, { regex })
const replacing = (path: string) => buildMiddleware(replacePathElement, replacePath, { path })
const rewriting = (regex: string, replacement: string) =>
  buildMiddleware(replacePathRegexElement, replacePathRegex, { regex, replacement })

describe('addPrefix', () => {
  test.each([
    ['/api', '/users?id=7', '/api/users?id=7'],
    ['edge', '/', '/edge/'],
    ['/files', '/a%2Fb', '/files/a%2Fb'],
    ['/v2/', '/x', '/v2//x'],
    ['/a%2Fb', '/x', '/a%252Fb/x'],
    ['/a b%2F', '/x(1)', '/a%20b%252F/x%281%29'],
    [' /sp ', '/x', '/%20/sp%20/x'],
    ['/a', '/x(1)', '/a/x(1)'],
    ['/é', '/%FF', '/%C3%A9/%FF'],
  ])('%s before %s is %s', async (prefix, target, expected) => {
    const { seen } = await exchange(adding(prefix), { target })
    expect(seen?.target).toBe(expected)
    expect(seen?.headers.lines).toEqual([])
  })

  test('an empty prefix is refused', () => {
    expect(prepareErrorOf(addPrefixElement, { prefix: '' })).toBe('prefix cannot be empty')
    expect(prepareErrorOf(addPrefixElement, {})).toBe('prefix cannot be empty')
  })
})

describe('stripPrefix', () => {
  test.each([
    [['/stat'], '/stat/us?x=1', '/us?x=1', '/stat'],
    [['/stat'], '/status', '/us', '/stat'],
    [['/stat'], '/stat', '', '/stat'],
    [['/stat'], '/stat?x=1', '?x=1', '/stat'],
    [['/stat/'], '/stat/us', '/us', '/stat/'],
    [['/stat/'], '/stat', '/stat', null],
    [['/Stat'], '/stat/x', '/stat/x', null],
    [['/nope', ' /a '], '/a/x', '/x', '/a'],
    [['/a', '/a/b'], '/a/b/c', '/b/c', '/a'],
    [['/files'], '/files/a%2Fb', '/a%2Fb', '/files'],
    [['/api/'], '/ap%69/a%2Fb', '/a%2Fb', '/api/'],
    [['/a'], '/a%2Fb', '/b', '/a'],
    [['/my docs/'], '/my%20docs/x%2Fy', '/x%2Fy', '/my docs/'],
    [['/ü'], '/%C3%BC/x(y)', '/x(y)', '/Ã¼'],
    [['/a('], '/a(/x%28y)', '/x%28y)', '/a('],
    [['/a'], '/a/%FF%C3x', '/%FF%C3x', '/a'],
    [[''], '/x', '/x', ''],
  ])('%s from %s is %s', async (prefixes, target, expected, announced) => {
    const { seen } = await exchange(stripping(...prefixes), { target })
    expect(seen?.target).toBe(expected)
    expect(seen?.headers.get('x-forwarded-prefix')).toBe(announced)
  })

  test.each(['/api../admin', '/api./foo', '/api%2E%2E/admin', '/api/%2E%2E/x', '/api//x'])(
    'what cleaning would change is refused: %s',
    async (target) => {
      const { response, seen } = await exchange(stripping('/api'), { target })
      expect(seen).toBeNull()
      expect([response.status, response.content]).toEqual([400, 'Bad Request\n'])
    },
  )

  test('the prefix is added to what a trusted client sent', async () => {
    const headers = ['X-Forwarded-Prefix', '/outer']
    const { seen } = await exchange(stripping('/a'), { target: '/a/x', headers })
    expect(seen?.headers.getAll('x-forwarded-prefix')).toEqual(['/outer', '/a'])
  })

  test('forceSlash makes nothing the root, and is deprecated', async () => {
    const scopes = testScopes()
    const options = { prefixes: ['/a'], forceSlash: true }
    const middleware = buildMiddleware(stripPrefixElement, stripPrefix, options, scopes)
    expect((await exchange(middleware, { target: '/a?q' })).seen?.target).toBe('/?q')
    expect((await exchange(middleware, { target: '/a/b%2Fc' })).seen?.target).toBe('/b%2Fc')
    expect(scopes.logged).toHaveLength(1)
  })

  test('nothing left stays nothing for the next one', async () => {
    const add = adding('x')
    const strip = stripping('/a')
    expect((await exchange((next) => strip(add(next)), { target: '/a?z' })).seen?.target).toBe('/x?z')
  })
})

describe('stripPrefixRegex', () => {
  test.each([
    [['/b/([a-z0-9]+)/'], '/b/api2/test?q=1', '/test?q=1', '/b/api2/'],
    [['/b/([a-z0-9]+)/'], '/b/api', '/b/api', null],
    [['/b/([a-z0-9]+)/'], '/b/api/', '', '/b/api/'],
    [['/foo$'], '/foo/bar/foo', '/bar/foo', '/foo'],
    [['/api'], '/v1/api/x', '/v1/api/x', null],
    [['', ' /x '], '/x/y', '/y', '/x'],
    [['/a/api/'], '/a/api/a%2Fb', '/a%2Fb', '/a/api/'],
    [['^/x y'], '/x%20y/a!%2F', '/a!%2F', '/x y'],
    [['^/[ü]+'], '/%C3%BC%C3%BC/x!', '/x!', '/Ã¼Ã¼'],
    [['(?i)/ABC'], '/abc/x', '/x', '/abc'],
  ])('%s from %s is %s', async (regex, target, expected, announced) => {
    const { seen } = await exchange(cutting(...regex), { target })
    expect(seen?.target).toBe(expected)
    expect(seen?.headers.get('x-forwarded-prefix')).toBe(announced)
  })

  test.each(['/api../foo', '/api/%0D%0AX-Evil:1/x'])('refused: %s', async (target) => {
    const { response, seen } = await exchange(cutting('^/api(/[^/]*/)?'), { target })
    expect([response.status, seen]).toEqual([400, null])
  })

  test('a bad expression is refused with the message of RE2', () => {
    expect(prepareErrorOf(stripPrefixRegexElement, { regex: ['('] })).toBe(
      'error parsing regexp: missing closing ): `(`',
    )
  })
})

describe('replacePath', () => {
  test.each([
    ['/replacement-path', '/some/path?x=1', '/replacement-path?x=1', '/some/path'],
    ['/replacement-path', '/foo%2Fbar', '/replacement-path', '/foo%2Fbar'],
    ['/foo%2Fbar', '/path', '/foo%2Fbar', '/path'],
    ['', '/x/y?q=1', '?q=1', '/x/y'],
    ['/a b?c#d', '/x?y=1', '/a%20b%3Fc%23d?y=1', '/x'],
    ['/a//../b', '/x', '/a//../b', '/x'],
  ])('%s for %s is %s', async (path, target, expected, announced) => {
    const { seen } = await exchange(replacing(path), { target })
    expect(seen?.target).toBe(expected)
    expect(seen?.headers.get('x-replaced-path')).toBe(announced)
  })

  test('several announcements are kept', async () => {
    const first = replacing('/b')
    const second = replacing('/c')
    const { seen } = await exchange((next) => first(second(next)), { target: '/a' })
    expect(seen?.headers.getAll('x-replaced-path')).toEqual(['/a', '/b'])
  })

  test.each([
    ['/bad%zz', 'invalid URL escape "%zz"\n'],
    ['/bad%2', 'invalid URL escape "%2"\n'],
  ])('%s fails each request', async (path, content) => {
    const { response, seen } = await exchange(replacing(path))
    expect([response.status, response.content, seen]).toEqual([500, content, null])
  })
})

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

  test('an empty rest is seen as such', async () => {
    const strip = stripping('/a')
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

test.each([
  [stripPrefixElement, { prefixes: ['/a\r\nX: 1'] }],
  [replacePathElement, { path: '/a\nb' }],
  [replacePathRegexElement, { regex: 'a', replacement: '/a\u0000b' }],
] as const)('control characters are refused (%#)', (element, options) => {
  expect(prepareErrorOf(element as never, options as never)).toMatch(/control character/)
})
