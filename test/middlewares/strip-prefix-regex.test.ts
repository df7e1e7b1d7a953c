import { describe, expect, test } from 'vitest'
import { stripPrefixRegexElement } from '../../src/middlewares/strip-prefix-regex/strip-prefix-regex.schema.ts'
import { stripPrefixRegex } from '../../src/middlewares/strip-prefix-regex/strip-prefix-regex.ts'
import { buildMiddleware, exchange, prepareErrorOf, requestOf, responseOf, TestContext } from '../support/middleware.ts'

const cutting = (...regex: string[]) => buildMiddleware(stripPrefixRegexElement, stripPrefixRegex, { regex })

describe('stripPrefixRegex', () => {
  test('the prefix is announced where what is left is refused too: the access log shows it', async () => {
    const request = requestOf({ target: '/p/./1' })
    const { status } = await cutting('/p')(() => responseOf())(request, new TestContext())
    expect([status, request.headers.lines]).toEqual([400, ['X-Forwarded-Prefix', '/p']])
  })

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
