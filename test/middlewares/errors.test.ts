import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import type { Handler } from '../../src/http/handler.ts'
import type { ProxyRequest } from '../../src/http/request.ts'
import { bufferingElement } from '../../src/middlewares/buffering/buffering.schema.ts'
import { buffering } from '../../src/middlewares/buffering/buffering.ts'
import { errorsElement } from '../../src/middlewares/errors/errors.schema.ts'
import { errors } from '../../src/middlewares/errors/errors.ts'
import { retryElement } from '../../src/middlewares/retry/retry.schema.ts'
import { retry } from '../../src/middlewares/retry/retry.ts'
import {
  buildMiddleware,
  exchange,
  prepareErrorOf,
  type RequestSketch,
  requestOf,
  responseOf,
  TestContext,
  testScopes,
} from '../support/middleware.ts'
import { textOf } from '../support/pieces.ts'

describe('errors', () => {
  type Options = z.input<typeof errorsElement.schema>
  const run = async (options: Options, status: number, sketch: RequestSketch = {}, pageStatus = 200) => {
    let page: ProxyRequest | null = null
    let omitted = false
    const pages: Handler = (request, cx) => {
      page = request
      omitted = cx.handling.omitForwardedFor
      return responseOf({ status: pageStatus, content: 'page', headers: ['X-Page', '1'] })
    }
    const middleware = buildMiddleware(
      errorsElement,
      errors,
      { service: 'pages', ...options },
      testScopes({ services: { 'pages@file': pages } }),
    )
    const { response, cx } = await exchange(middleware, sketch, { status, headers: ['X-Own', '1'] })
    return { response, content: await textOf(response.content), page: page as ProxyRequest | null, omitted, cx }
  }

  test('a caught status is answered with the page', async () => {
    const { response, content, page, omitted, cx } = await run({ status: ['500-501', '503'], query: '/p' }, 501, {
      method: 'POST',
      content: 'data',
      headers: ['X-A', '1', 'Authorization', 'Basic x'],
    })
    expect([response.status, content, response.headers.lines]).toEqual([501, 'page', ['X-Page', '1']])
    expect([page!.method, page!.target, page!.authority, page!.content]).toEqual(['GET', '/p', 'host.example', null])
    expect(page!.headers.lines).toEqual(['X-A', '1', 'Authorization', 'Basic x'])
    expect([omitted, cx.handling.omitForwardedFor]).toEqual([true, false])
  })

  test.each([502, 200, 304])('%d passes', async (status) => {
    const { response, page } = await run({ status: ['500-501', '503'], query: '/p' }, status)
    expect([response.status, response.headers.lines, page]).toEqual([status, ['X-Own', '1'], null])
  })

  test.each<[Options, RequestSketch, string, number]>([
    [{ query: '' }, {}, '/', 503],
    [{ query: 'err/{status}' }, {}, '/err/503', 503],
    [{ query: '/{status}-{originalStatus}', statusRewrites: { '500-599': 404 } }, {}, '/404-503', 404],
    [{ query: '/?u={url}' }, { target: '/t?a=b&c=d e' }, '/?u=http%3A%2F%2Fhost.example%2Ft%3Fa%3Db%26c%3Dd+e', 503],
    [{ query: '/?u={url}' }, { scheme: 'https', target: '/' }, '/?u=https%3A%2F%2Fhost.example%2F', 503],
    [{ query: '/{url}' }, { headers: ['X-Forwarded-Proto', 'WSS'] }, '/https%3A%2F%2Fhost.example%2F', 503],
    [{ query: '/{url}' }, { headers: ['X-Forwarded-Proto', 'x'] }, '/http%3A%2F%2Fhost.example%2F', 503],
    [
      { query: '/{url}' },
      { scheme: 'https', headers: ['X-Forwarded-Proto', 'ws'] },
      '/http%3A%2F%2Fhost.example%2F',
      503,
    ],
    [{ query: '/a b/é?ü= #x' }, {}, '/a%20b/%C3%A9?%C3%BC=%20', 503],
  ])('%o asks for %s', async (options, sketch, target, status) => {
    const { response, page } = await run({ status: ['503'], ...options }, 503, sketch, 201)
    expect([page!.target, response.status]).toEqual([target, status])
  })

  test('the page sees what inner middlewares made of the request, not what a server got', async () => {
    let page: ProxyRequest | null = null
    const pages: Handler = (request) => {
      page = request
      return responseOf()
    }
    const inner: Handler = (request, cx) => {
      request.target = '/stripped'
      request.headers.append('X-Forwarded-Prefix', '/a')
      cx.handling.onForward?.(request)
      request.headers.append('X-Forwarded-For', '192.0.2.1')
      request.authority = 'server:81'
      return responseOf({ status: 500 })
    }
    const options = { service: 'pages', status: ['500'], query: '/?{url}' }
    const middleware = buildMiddleware(
      errorsElement,
      errors,
      options,
      testScopes({ services: { 'pages@file': pages } }),
    )
    const cx = new TestContext()
    await middleware(inner)(requestOf({ target: '/a/stripped' }), cx)
    const { target, authority, headers } = page as unknown as ProxyRequest
    expect([target, authority]).toEqual(['/?http%3A%2F%2Fhost.example%2Fstripped', 'host.example'])
    expect(headers.lines).toEqual(['X-Forwarded-Prefix', '/a'])
    expect(cx.handling.onForward).toBeNull()
  })

  test.each([
    ['retry by status', buildMiddleware(retryElement, retry, { attempts: 2, status: ['500'] }), '/a', []],
    ['a first try of retry', buildMiddleware(retryElement, retry, { attempts: 2 }), '/a', []],
    ['buffering', buildMiddleware(bufferingElement, buffering, {}), '/a', []],
    ['retry that passes on', buildMiddleware(retryElement, retry, { attempts: 1 }), '/b', ['X-Forwarded-Prefix', '/a']],
  ])('the page does not see what became of a copy: %s', async (_, copying, target, lines) => {
    let page: ProxyRequest | null = null
    const pages: Handler = (request) => {
      page = request
      return responseOf()
    }
    const inner: Handler = (request, cx) => {
      request.target = '/b'
      request.headers.append('X-Forwarded-Prefix', '/a')
      cx.handling.onForward?.(request)
      return responseOf({ status: 500 })
    }
    const options = { service: 'pages', status: ['500'], query: '/?{url}' }
    const scopes = testScopes({ services: { 'pages@file': pages } })
    const middleware = buildMiddleware(errorsElement, errors, options, scopes)
    await middleware(copying(inner))(requestOf({ target: '/a' }), new TestContext())
    const { target: asked, headers } = page as unknown as ProxyRequest
    expect([asked, headers.lines]).toEqual([`/?${encodeURIComponent(`http://host.example${target}`)}`, lines])
  })

  test('the page of a page that failed is asked for with the request, not with what asked for that page', async () => {
    const asked: string[] = []
    const pages: Handler = (request, cx) => {
      asked.push(request.target)
      cx.handling.onForward?.(request)
      return responseOf({ status: 500 })
    }
    const middleware = buildMiddleware(
      errorsElement,
      errors,
      { service: 'pages', status: ['500'], query: '/?{url}' },
      testScopes({ services: { 'pages@file': pages } }),
    )
    const server: Handler = () => responseOf({ status: 500 })
    await middleware(middleware(server))(requestOf({ target: '/a' }), new TestContext())
    expect(asked).toEqual(['/?http%3A%2F%2Fhost.example%2Fa', '/?http%3A%2F%2Fhost.example%2Fa'])
  })

  test('listed fields only', async () => {
    const { page } = await run({ status: ['500'], errorRequestHeaders: ['x-a'] }, 500, {
      headers: ['X-B', '1', 'X-A', '2', 'x-a', '3'],
    })
    expect(page!.headers.lines).toEqual(['X-A', '2', 'X-A', '3'])
  })

  test('a page that is no URL is the status alone', async () => {
    const { response, content, page } = await run({ status: ['500'], query: '/%zz' }, 500)
    expect([response.status, content, page]).toEqual([500, 'Internal Server Error\n', null])
  })

  test('what is wrong', () => {
    expect(prepareErrorOf(errorsElement, { service: 's', status: ['5xx'] })).toBe(
      'strconv.Atoi: parsing "5xx": invalid syntax',
    )
    expect(() => buildMiddleware(errorsElement, errors, { service: 'ghost' })).toThrow(
      'the service "ghost@file" does not exist',
    )
  })
})

test('a service for errors is told what ingress-nginx tells, and keeps its status', async () => {
  let page: ProxyRequest | null = null
  const pages: Handler = (request) => {
    page = request
    return responseOf({ status: 418, content: 'page' })
  }
  const through = buildMiddleware(
    errorsElement,
    errors,
    { status: ['404'], service: 'p', nginxHeaders: { 'X-Namespaces': ['shop'] } },
    testScopes({ services: { 'p@file': pages } }),
  )
  const sketch = { target: '/a?b', headers: ['Accept', 'text/html', 'X-Request-ID', 'i'] }
  const { response } = await exchange(through, sketch, { status: 404 })
  expect([response.status, response.content]).toEqual([418, 'page'])
  const field = (name: string) => page!.headers.get(name)
  expect(['x-namespaces', 'x-code', 'x-format', 'x-original-uri', 'x-request-id'].map(field)).toEqual([
    ...['shop', '404', 'text/html', '/a?b', 'i'],
  ])
})
