import { expect, test } from 'vitest'
import { chainElement } from '../../src/middlewares/chain/chain.schema.ts'
import { chain } from '../../src/middlewares/chain/chain.ts'
import { buildMiddleware, exchange, testScopes } from '../support/middleware.ts'

test('a chain is what the scope makes of its qualified members', async () => {
  let asked: readonly string[] = []
  const scopes = testScopes({
    chain(names) {
      asked = names
      return (next) => (request, cx) => {
        request.headers.append('X-Member', 'yes')
        return next(request, cx)
      }
    },
  })
  const middleware = buildMiddleware(chainElement, chain, { middlewares: ['one', 'two@docker'] }, scopes)
  const { seen } = await exchange(middleware)
  expect(asked).toEqual(['one@file', 'two@docker'])
  expect(seen?.headers.get('x-member')).toBe('yes')
})

test('an empty chain is prepared', () => {
  expect(chainElement.prepare({ middlewares: [] }, testScopes().prepare)).toEqual({ middlewares: [] })
})
