import { describe, expect, test } from 'vitest'
import {
  requestHeaderModifierElement,
  responseHeaderModifierElement,
} from '../../src/middlewares/header-modifier/header-modifier.schema.ts'
import { requestHeaderModifier, responseHeaderModifier } from '../../src/middlewares/header-modifier/header-modifier.ts'
import { buildMiddleware, exchange, prepareErrorOf } from '../support/middleware.ts'

describe('header modifiers', () => {
  const options = { set: { 'x-a': '1', Host: 'other' }, add: { 'X-B': '2' }, remove: ['x-c'] }

  test('of requests', async () => {
    const middleware = buildMiddleware(requestHeaderModifierElement, requestHeaderModifier, options)
    const { seen } = await exchange(middleware, { headers: ['X-A', '0', 'X-B', '0', 'X-C', '0'] })
    expect([seen!.authority, seen!.headers.lines]).toEqual(['other', ['X-A', '1', 'X-B', '0', 'X-B', '2']])
  })

  test('of responses', async () => {
    const middleware = buildMiddleware(responseHeaderModifierElement, responseHeaderModifier, options)
    const { seen, response } = await exchange(middleware, {}, { headers: ['X-C', '0', 'X-A', '0'] })
    expect([seen!.authority, response.headers.lines]).toEqual(['host.example', ['X-A', '1', 'X-B', '2']])
  })

  test('refuse what is no field', () => {
    expect(prepareErrorOf(requestHeaderModifierElement, { set: { 'a b': 'c' } })).toMatch(/invalid header field name/)
    expect(prepareErrorOf(requestHeaderModifierElement, { add: { a: 'b\r\nc: d' } })).toMatch(
      /invalid header field value/,
    )
  })
})
