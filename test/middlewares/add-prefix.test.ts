import { describe, expect, test } from 'vitest'
import { addPrefixElement } from '../../src/middlewares/add-prefix/add-prefix.schema.ts'
import { addPrefix } from '../../src/middlewares/add-prefix/add-prefix.ts'
import { buildMiddleware, exchange, prepareErrorOf } from '../support/middleware.ts'

const adding = (prefix: string) => buildMiddleware(addPrefixElement, addPrefix, { prefix })

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
