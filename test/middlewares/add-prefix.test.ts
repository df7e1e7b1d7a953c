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

  // Only an escaped slash can have kept them from being cleaned: one that is lost would let them out of the prefix.
  test.each(['/..%2Fsecret', '/x/..%2F..%2Fsecret', '/.%2Fx', '/x%2F..'])(
    '%s gets behind no prefix that spells it anew',
    async (target) => {
      for (const prefix of ['/é', '/a%20b', '/a b']) {
        const { response, seen } = await exchange(adding(prefix), { target })
        expect([prefix, response.status, seen]).toEqual([prefix, 400, null])
      }
      expect((await exchange(adding('/files'), { target })).seen?.target).toBe(`/files${target}`)
    },
  )

  test('an empty prefix is refused', () => {
    expect(prepareErrorOf(addPrefixElement, { prefix: '' })).toBe('prefix cannot be empty')
    expect(prepareErrorOf(addPrefixElement, {})).toBe('prefix cannot be empty')
  })
})
