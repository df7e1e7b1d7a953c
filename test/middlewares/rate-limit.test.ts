import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import type { TokenStore } from '../../src/contracts/token-store.ts'
import { goDuration } from '../../src/middlewares/rate-limit/go-duration.ts'
import { rateLimitElement } from '../../src/middlewares/rate-limit/rate-limit.schema.ts'
import { rateLimit } from '../../src/middlewares/rate-limit/rate-limit.ts'
import {
  buildMiddleware,
  exchange,
  prepareErrorOf,
  type RequestSketch,
  TestContext,
  testScopes,
} from '../support/middleware.ts'
import { FakeClock } from '../support/ports.ts'

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

  test('a store that fails decides nothing where it is said that counts are kept here then', async () => {
    let isGone = true
    const options = { average: 1, period: '1h', redis: {}, onStateError: 'local' }
    const { middleware, logged } = limited(async () => {
      if (isGone) throw new Error('gone')
      return { granted: true, waitMs: 0 }
    }, options)
    const status = async () => (await exchange(middleware)).response.status
    expect([await status(), await status(), await status()]).toEqual([200, 429, 429])
    expect(logged).toEqual(['Could not insert/update bucket: counting here'])
    isGone = false
    expect(await status()).toBe(200)
    isGone = true
    await status()
    expect(logged.length).toBe(2)
  })

  test.each([
    [undefined, [200, 429], 'Could not insert/update bucket: counting here'],
    ['local', [200, 429], 'Could not insert/update bucket: counting here'],
    ['deny', [500, 500], 'Could not insert/update bucket'],
  ])('the state that a platform shares fails: %s', async (onStateError, statuses, line) => {
    const common = { takeTokens: () => Promise.reject(new Error('gone')) }
    const tokenStores = { common, open: () => ({ ...common, close() {} }) }
    const scopes = testScopes({ ports: { tokenStores } })
    const options = { average: 1, period: '1h', ...(onStateError === undefined ? {} : { onStateError }) }
    const middleware = buildMiddleware(rateLimitElement, rateLimit, options, scopes)
    const seen = [(await exchange(middleware)).response.status, (await exchange(middleware)).response.status]
    expect(seen).toEqual(statuses)
    expect(scopes.logged[0]).toBe(line)
  })

  test('no limit without an average', async () => {
    const { middleware } = limited(() => Promise.reject(new Error('not asked')), { average: 0, redis: {} })
    expect((await exchange(middleware)).response.status).toBe(200)
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
