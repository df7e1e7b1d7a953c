import { describe, expect, test } from 'vitest'
import { replacePathElement } from '../../src/middlewares/replace-path/replace-path.schema.ts'
import { replacePath } from '../../src/middlewares/replace-path/replace-path.ts'
import { buildMiddleware, exchange, prepareErrorOf } from '../support/middleware.ts'

const replacing = (path: string) => buildMiddleware(replacePathElement, replacePath, { path })

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

test('control characters are refused (1)', () => {
  expect(prepareErrorOf(replacePathElement, { path: '/a\nb' })).toMatch(/control character/)
})
