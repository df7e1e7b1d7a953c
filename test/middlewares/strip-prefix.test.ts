import { describe, expect, test } from 'vitest'
import { addPrefixElement } from '../../src/middlewares/add-prefix/add-prefix.schema.ts'
import { addPrefix } from '../../src/middlewares/add-prefix/add-prefix.ts'
import { stripPrefixElement } from '../../src/middlewares/strip-prefix/strip-prefix.schema.ts'
import { stripPrefix } from '../../src/middlewares/strip-prefix/strip-prefix.ts'
import { buildMiddleware, exchange, prepareErrorOf, testScopes } from '../support/middleware.ts'

const stripping = (...prefixes: string[]) => buildMiddleware(stripPrefixElement, stripPrefix, { prefixes })

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
    const add = buildMiddleware(addPrefixElement, addPrefix, { prefix: 'x' })
    const strip = stripping('/a')
    expect((await exchange((next) => strip(add(next)), { target: '/a?z' })).seen?.target).toBe('/x?z')
  })
})

test('control characters are refused (0)', () => {
  expect(prepareErrorOf(stripPrefixElement, { prefixes: ['/a\r\nX: 1'] })).toMatch(/control character/)
})
