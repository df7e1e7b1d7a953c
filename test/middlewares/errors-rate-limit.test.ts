import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import type { TokenStore } from '../../src/contracts/token-store.ts'
import { MemoryTokenStore } from '../../src/engine/tokens/memory-token-store.ts'
import type { Handler } from '../../src/http/handler.ts'
import type { ProxyRequest } from '../../src/http/request.ts'
import { errorsElement } from '../../src/middlewares/errors/errors.schema.ts'
import { errors } from '../../src/middlewares/errors/errors.ts'
import { goDuration } from '../../src/middlewares/rate-limit/go-duration.ts'
import { rateLimitElement } from '../../src/middlewares/rate-limit/rate-limit.schema.ts'
import { rateLimit } from '../../src/middlewares/rate-limit/rate-limit.ts'
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
import { FakeClock } from '../support/ports.ts'

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

describe('rateLimit', () => {
  type Options = z.input<typeof rateLimitElement.schema>
  const rig = (options: Options) => {
    const clock = new FakeClock()
    const middleware = buildMiddleware(rateLimitElement, rateLimit, options, testScopes({ ports: { clock } }))
    const send = async (sketch: RequestSketch = {}) => (await exchange(middleware, sketch)).response
    return { clock, send, middleware }
  }

  test('a full bucket lets burst requests through, then one as each token comes', async () => {
    const { clock, send } = rig({ average: 1, period: '60s', burst: 3 })
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) statuses.push((await send()).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
    clock.advance(60_000)
    expect((await send()).status).toBe(200)
    expect((await send()).status).toBe(429)
  })

  test('a refusal says how long', async () => {
    const { clock, send } = rig({ average: 1, period: '60s' })
    await send()
    const { status, content, headers } = await send()
    expect([status, content, headers.lines]).toEqual([
      429,
      'Too Many Requests',
      ['Retry-After', '60', 'X-Retry-In', '1m0s'],
    ])
    clock.advance(500.5)
    expect((await send()).headers.lines).toEqual(['Retry-After', '60', 'X-Retry-In', '59.4995s'])
  })

  test('a short wait delays the request', async () => {
    const { clock, send } = rig({ average: 10 })
    await send()
    // 100 ms to the next token, 50 ms at most.
    expect((await send()).status).toBe(429)
    clock.advance(60)
    let done = false
    const answer = send().then((response) => {
      done = true
      return response
    })
    clock.advance(39)
    await Promise.resolve()
    expect(done).toBe(false)
    clock.advance(1.1)
    expect((await answer).status).toBe(200)
  })

  test('a client that leaves while it waits', async () => {
    const { clock, send, middleware } = rig({ average: 10 })
    await send()
    clock.advance(60)
    const cx = new TestContext()
    const answer = exchange(middleware, {}, {}, cx)
    cx.abort()
    const { response, seen } = await answer
    expect([response.status, response.content, seen]).toEqual([500, 'context canceled\n', null])
  })

  test('idle buckets are forgotten', async () => {
    const { clock, send } = rig({ average: 1, burst: 3 })
    for (let i = 0; i < 3; i++) await send()
    clock.advance(2_001)
    for (let i = 0; i < 3; i++) expect((await send()).status).toBe(200)
  })

  test('no limit without an average', async () => {
    const { send } = rig({ average: 0 })
    for (let i = 0; i < 5; i++) expect((await send()).status).toBe(200)
  })

  test('sources are apart', async () => {
    const { send } = rig({ average: 1, period: '60s', sourceCriterion: { requestHost: true } })
    expect((await send({ host: 'a' })).status).toBe(200)
    expect((await send({ host: 'b' })).status).toBe(200)
    expect((await send({ host: 'a' })).status).toBe(429)
  })

  test.each<[Options, string]>([
    [{ average: 1, period: '-1s' }, 'negative value not valid for period: -1s'],
    [
      { average: 1, sourceCriterion: { ipStrategy: { depth: 1 }, requestHeaderName: 'X' } },
      'getting source extractor: iPStrategy and RequestHeaderName are mutually exclusive',
    ],
    [
      { average: 1, redis: { endpoints: ['user:pw@r:1'] } },
      'creating redis limiter: an endpoint must be a host and a port, as in localhost:6379',
    ],
    [
      { average: 1, redis: { tls: { cert: 'c' } } },
      'creating redis limiter: creating TLS config: both TLS cert and key must be defined',
    ],
  ])('%o: %s', (options, error) => {
    expect(prepareErrorOf(rateLimitElement, options)).toBe(error)
  })
})

describe('rateLimit in Redis', () => {
  type Options = z.input<typeof rateLimitElement.schema>
  const redisOf = (redis: Options['redis']) =>
    rateLimitElement.prepare(rateLimitElement.schema.parse({ average: 1, redis }), testScopes().prepare).redis

  test('what is not said', () => {
    expect(redisOf({})).toEqual({
      endpoints: [{ host: 'localhost', port: 6379 }],
      username: '',
      password: '',
      db: 0,
      dialTimeoutMs: 5000,
      operationTimeoutMs: 6000,
      tls: null,
    })
  })

  test('endpoints and times', () => {
    const { endpoints, dialTimeoutMs, operationTimeoutMs } = redisOf({
      endpoints: ['a.b:1', '[::1]:65535'],
      readTimeout: '-1s',
      dialTimeout: '0s',
    })!
    expect(endpoints).toEqual([
      { host: 'a.b', port: 1 },
      { host: '::1', port: 65_535 },
    ])
    expect([dialTimeoutMs, operationTimeoutMs]).toEqual([5000, 0])
    expect(redisOf({ endpoints: [] })!.endpoints).toEqual([{ host: 'localhost', port: 6379 }])
  })

  const limited = (takeTokens: TokenStore['takeTokens'], options: Options = { average: 1, redis: {} }) => {
    const scopes = testScopes({ tokenStore: () => ({ takeTokens }) })
    return { middleware: buildMiddleware(rateLimitElement, rateLimit, options, scopes), logged: scopes.logged }
  }

  test('what the store says counts', async () => {
    const keys: string[] = []
    const { middleware } = limited(async (key) => {
      keys.push(key)
      return { granted: keys.length === 1, waitMs: keys.length === 1 ? 0 : 1500 }
    })
    expect((await exchange(middleware)).response.status).toBe(200)
    const { response, seen } = await exchange(middleware)
    expect([response.status, response.headers.get('retry-after'), seen]).toEqual([429, '2', null])
    expect(keys).toEqual(['m@file:192.0.2.1', 'm@file:192.0.2.1'])
  })

  test('a store that fails is 500, with a line in the log', async () => {
    const { middleware, logged } = limited(() => Promise.reject(new Error('gone')))
    const { response, seen } = await exchange(middleware)
    expect([response.status, response.content, seen]).toEqual([500, 'Could not insert/update bucket\n', null])
    expect(logged).toEqual(['Could not insert/update bucket'])
  })

  test('no limit without an average', async () => {
    const { middleware } = limited(() => Promise.reject(new Error('not asked')), { average: 0, redis: {} })
    expect((await exchange(middleware)).response.status).toBe(200)
  })
})

describe('MemoryTokenStore', () => {
  const bucket = { rate: 0.001, burst: 1, maxDelayMs: 0, idleMs: 1_000_000 }

  test('a refusal takes nothing', () => {
    const store = new MemoryTokenStore(10)
    expect(store.takeTokens('a', bucket, 0)).toEqual({ granted: true, waitMs: 0 })
    expect(store.takeTokens('a', bucket, 250)).toEqual({ granted: false, waitMs: 750 })
    expect(store.takeTokens('a', bucket, 500)).toEqual({ granted: false, waitMs: 500 })
    expect(store.takeTokens('a', bucket, 1000).granted).toBe(true)
  })

  test('the bucket idle for longest goes first', () => {
    const store = new MemoryTokenStore(2)
    for (const key of ['a', 'b', 'a', 'c']) store.takeTokens(key, bucket, 0)
    expect(store.takeTokens('a', bucket, 0).granted).toBe(false)
    expect(store.takeTokens('b', bucket, 0).granted).toBe(true)
  })
})

test.each([
  [0, '0s'],
  [0.5, '500µs'],
  [0.0005, '500ns'],
  [1.5, '1.5ms'],
  [59_998, '59.998s'],
  [60_000, '1m0s'],
  [3_600_500, '1h0m0.5s'],
  [12_345.678912, '12.345678912s'],
])('%d ms is %s', (ms, text) => {
  expect(goDuration(ms)).toBe(text)
})
