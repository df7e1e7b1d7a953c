import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { URLRewriteElement } from '../../src/middlewares/url-rewrite/url-rewrite.schema.ts'
import { URLRewrite } from '../../src/middlewares/url-rewrite/url-rewrite.ts'
import { buildMiddleware, exchange, prepareErrorOf } from '../support/middleware.ts'

describe('URLRewrite', () => {
  test.each<[z.input<typeof URLRewriteElement.schema>, string, string, string]>([
    [{ hostname: 'other' }, '/a%2Fb?x', 'other', '/a%2Fb?x'],
    [{ path: '/new' }, '/a?x', 'host.example', '/new?x'],
    [{ path: '/new', pathPrefix: '/a' }, '/a/b/', 'host.example', '/new/b/'],
    [{ path: '/', pathPrefix: '/a' }, '/a/b%20c', 'host.example', '/b%20c'],
  ])('%o of %s', async (options, target, host, rewritten) => {
    const { seen } = await exchange(buildMiddleware(URLRewriteElement, URLRewrite, options), { target })
    expect([seen!.authority, seen!.target]).toEqual([host, rewritten])
  })

  test.each(['/a/..%2F..%2Fadmin', '/a/%2e%2e%2Fadmin', '/a/x%2F..', '/a/.%2Fb'])('lets %s not out', async (target) => {
    const rewriting = buildMiddleware(URLRewriteElement, URLRewrite, { path: '/new', pathPrefix: '/a' })
    const { response, seen } = await exchange(rewriting, { target })
    expect([response.status, seen]).toEqual([400, null])
  })

  test('refuses what can not be sent', () => {
    expect(prepareErrorOf(URLRewriteElement, { hostname: 'a b' })).toMatch(/invalid hostname/)
    expect(prepareErrorOf(URLRewriteElement, { path: '/a\nb' })).toMatch(/control character/)
  })
})
