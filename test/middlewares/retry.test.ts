import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { type FailureProgress, UpstreamFailure } from '../../src/http/failure.ts'
import type { Handler } from '../../src/http/handler.ts'
import { failureReply } from '../../src/http/replies.ts'
import { inFlightReqElement } from '../../src/middlewares/in-flight-req/in-flight-req.schema.ts'
import { inFlightReq } from '../../src/middlewares/in-flight-req/in-flight-req.ts'
import { retryElement } from '../../src/middlewares/retry/retry.schema.ts'
import { retry } from '../../src/middlewares/retry/retry.ts'
import {
  buildMiddleware,
  byFetch,
  prepareErrorOf,
  type RequestSketch,
  type ResponseSketch,
  requestOf,
  responseOf,
  TestContext,
  testScopes,
} from '../support/middleware.ts'
import { PiecesBody, textOf } from '../support/pieces.ts'
import { FakeClock } from '../support/ports.ts'
import { scripted } from '../support/scripted.ts'

const end = { status: 200, size: 0, requestSize: 0, aborted: false }

const unsent = new UpstreamFailure('connect', 'unsent', null)

describe('retry', () => {
  const run = async (
    options: z.input<typeof retryElement.schema>,
    sketch: RequestSketch,
    ...answers: (ResponseSketch | UpstreamFailure)[]
  ) => {
    const next = scripted(...answers)
    const cx = new TestContext()
    const response = await buildMiddleware(retryElement, retry, options)(next.handle)(requestOf(sketch), cx)
    return { response, content: await textOf(response.content), tries: next.seen.length, bodies: next.bodies, cx }
  }

  test.each<
    [string, z.input<typeof retryElement.schema>, RequestSketch, (ResponseSketch | UpstreamFailure)[], number, number]
  >([
    ['network error', { attempts: 2 }, {}, [unsent, {}], 2, 200],
    ['network error of a POST', { attempts: 2 }, { method: 'POST', content: 'x' }, [unsent, {}], 2, 200],
    ['network errors only', { attempts: 3 }, {}, [unsent], 3, 502],
    ['something was sent', { attempts: 3 }, {}, [new UpstreamFailure('reset', 'head-sent', null), {}], 1, 502],
    ['the client left', { attempts: 3 }, {}, [new UpstreamFailure('aborted', 'unsent', null), {}], 1, 499],
    ['502 of a server', { attempts: 3 }, {}, [{ status: 502 }, {}], 1, 502],
    ['one attempt', { attempts: 1 }, {}, [unsent, {}], 1, 502],
    ['a listed status', { attempts: 4, status: ['503'] }, {}, [{ status: 503 }, { status: 503 }, {}], 3, 200],
    ['a range', { attempts: 2, status: ['500-599'] }, { method: 'PUT', content: 'x' }, [{ status: 599 }, {}], 2, 200],
    ['another status', { attempts: 4, status: ['503'] }, {}, [{ status: 500 }, {}], 1, 500],
    [
      'POST and a status',
      { attempts: 4, status: ['503'] },
      { method: 'POST', content: 'x' },
      [{ status: 503 }, {}],
      1,
      503,
    ],
    [
      'POST when allowed',
      { attempts: 4, status: ['503'], retryNonIdempotentMethod: true },
      { method: 'POST', content: 'x' },
      [{ status: 503 }, {}],
      2,
      200,
    ],
    [
      'content too large for a status',
      { attempts: 4, status: ['503'], maxRequestBodyBytes: 2 },
      { method: 'PUT', content: 'abc' },
      [{ status: 503 }, {}],
      1,
      503,
    ],
    [
      'content too large, network error',
      { attempts: 4, status: ['503'], maxRequestBodyBytes: 2 },
      { method: 'PUT', content: new PiecesBody(['ab', 'c']) },
      [unsent, {}],
      2,
      200,
    ],
    [
      'network retries off',
      { attempts: 4, status: ['503'], disableRetryOnNetworkError: true },
      {},
      [unsent, {}],
      1,
      502,
    ],
    [
      'no limit',
      { attempts: 2, status: ['503'], maxRequestBodyBytes: -1 },
      { method: 'PUT', content: 'abc' },
      [{ status: 503 }, {}],
      2,
      200,
    ],
    [
      'the last answer counts',
      { attempts: 2, status: ['503'] },
      {},
      [
        { status: 503, content: 'one' },
        { status: 503, content: 'two' },
      ],
      2,
      503,
    ],
  ])('%s', async (_name, options, sketch, answers, tries, status) => {
    const outcome = await run(options, sketch, ...answers)
    expect([outcome.tries, outcome.response.status]).toEqual([tries, status])
    expect(outcome.cx.record.retries).toBe(tries - 1)
  })

  const failed = (progress: FailureProgress) => new UpstreamFailure('connect', progress, null)
  test.each<[string, z.input<typeof retryElement.schema>, string, FailureProgress, number]>([
    ['POST, not sent', {}, 'POST', 'unsent', 2],
    ['POST, not known', {}, 'POST', 'unknown', 1],
    ['POST, allowed', { retryNonIdempotentMethod: true }, 'POST', 'unknown', 2],
    ['PUT, not known', {}, 'PUT', 'unknown', 2],
    ['PUT, sent', {}, 'PUT', 'body-sent', 1],
    ['PUT, sent, its status listed', { status: ['502'] }, 'PUT', 'body-sent', 2],
    ['PURGE, not known', {}, 'PURGE', 'unknown', 1],
    ['PURGE, not known, its status listed', { status: ['502'] }, 'PURGE', 'unknown', 1],
    ['PURGE, sent, its status listed', { status: ['502'] }, 'PURGE', 'body-sent', 1],
  ])('by Fetch: %s', async (_name, options, method, progress, tries) => {
    const next = scripted(failed(progress), {})
    const scopes = testScopes({ ports: { transports: byFetch } })
    const handle = buildMiddleware(retryElement, retry, { attempts: 2, ...options }, scopes)(next.handle)
    await handle(requestOf({ method, content: 'x' }), new TestContext())
    expect(next.seen.length).toBe(tries)
  })

  test('each attempt has the content and the request as it was', async () => {
    const next = scripted({ status: 503 }, {})
    const chain: Handler = (request, cx) => {
      request.headers.append('X-Forwarded-Prefix', '/a')
      request.target = request.target.replace('/a', '')
      return next.handle(request, cx)
    }
    await buildMiddleware(retryElement, retry, { attempts: 2, status: ['503'] })(chain)(
      requestOf({ method: 'PUT', target: '/a/a', content: 'data' }),
      new TestContext(),
    )
    expect(next.bodies).toEqual(['data', 'data'])
    expect(next.seen.map(({ target, headers }) => [target, headers.getAll('x-forwarded-prefix')])).toEqual([
      ['/a', ['/a']],
      ['/a', ['/a']],
    ])
  })

  test('content that breaks off is a client that left', async () => {
    const { response, content } = await run(
      { attempts: 2, status: ['503'] },
      { method: 'PUT', content: new PiecesBody(['a'], 'broken') },
      {},
    )
    expect([response.status, content, response.failure?.kind]).toEqual([499, 'Client Closed Request', 'aborted'])
  })

  test('1xx answers go through on the last attempt only', async () => {
    const cx = new TestContext()
    const told: number[] = []
    cx.handling.informational = (status) => told.push(status)
    let attempt = 0
    const next: Handler = (_request, { handling: { informational } }) => {
      attempt++
      informational?.(100 + attempt, requestOf().headers)
      return attempt === 1 ? failureReply(unsent) : responseOf()
    }
    await buildMiddleware(retryElement, retry, { attempts: 2 })(next)(requestOf(), cx)
    expect(told).toEqual([102])
    expect(cx.handling.informational).not.toBeNull()
  })

  test('an attempt that is given up frees what it held', async () => {
    const next = scripted({ status: 503 }, {})
    const inner = buildMiddleware(inFlightReqElement, inFlightReq, { amount: 1 })(next.handle)
    const cx = new TestContext()
    const handle = buildMiddleware(retryElement, retry, { attempts: 2, status: ['503'] })(inner)
    expect((await handle(requestOf(), cx)).status).toBe(200)
    expect((await inner(requestOf(), new TestContext())).status).toBe(429)
    cx.end(end)
    expect((await inner(requestOf(), new TestContext())).status).toBe(200)
  })

  test('waits grow to twice the first, with jitter', async () => {
    const clock = new FakeClock()
    const next = scripted(unsent)
    const scopes = testScopes({ ports: { clock, random: () => 0.5 } })
    const answer = buildMiddleware(retryElement, retry, { attempts: 3, initialInterval: '100ms' }, scopes)(next.handle)(
      requestOf(),
      new TestContext(),
    )
    const waits: number[] = []
    for (let tries = 1; tries < 3; tries++) {
      let waited = 0
      for (; next.seen.length === tries && waited < 1_000; waited++) {
        clock.advance(1)
        await Promise.resolve()
        await Promise.resolve()
      }
      waits.push(waited)
    }
    expect((await answer).status).toBe(502)
    expect(waits[0]).toBeGreaterThanOrEqual(100)
    expect(waits[0]).toBeLessThan(110)
    expect(waits[1]).toBeGreaterThanOrEqual(141)
    expect(waits[1]).toBeLessThan(151)
  })

  test('after the timeout the answer is delivered', async () => {
    const clock = new FakeClock()
    const next = scripted({ status: 503 })
    const slow: Handler = async (request, cx) => {
      clock.advance(300)
      return next.handle(request, cx)
    }
    const options = { attempts: 9, timeout: '700ms', status: ['503'] }
    await buildMiddleware(retryElement, retry, options, testScopes({ ports: { clock } }))(slow)(
      requestOf(),
      new TestContext(),
    )
    expect(next.seen.length).toBe(3)
  })

  test.each<[z.input<typeof retryElement.schema>, string]>([
    [{}, 'incorrect (or empty) value for attempt (0)'],
    [{ attempts: -1 }, 'incorrect (or empty) value for attempt (-1)'],
    [
      { attempts: -1, disableRetryOnNetworkError: true },
      'retry middleware requires at least HTTP status codes or retry on TCP',
    ],
    [
      { attempts: 2, disableRetryOnNetworkError: true },
      'retry middleware requires at least HTTP status codes or retry on TCP',
    ],
    [{ attempts: 2, status: ['abc'] }, 'creating HTTP code ranges: strconv.Atoi: parsing "abc": invalid syntax'],
    [{ attempts: 2, status: ['500-'] }, 'creating HTTP code ranges: strconv.Atoi: parsing "": invalid syntax'],
  ])('%o: %s', (options, error) => {
    expect(prepareErrorOf(retryElement, options)).toBe(error)
  })
})

test('of nested ones each counts its own tries', async () => {
  const resends: unknown[] = []
  const noting: Handler = (request, cx) => {
    resends.push(cx.record.resends)
    return failing(request, cx)
  }
  const failing: Handler = () => failureReply(unsent)
  const inner = buildMiddleware(retryElement, retry, { attempts: 2 })(noting)
  const once = buildMiddleware(retryElement, retry, { attempts: 3, status: ['599'], disableRetryOnNetworkError: true })(
    noting,
  )
  const outer = (next: Handler) => buildMiddleware(retryElement, retry, { attempts: 2 })(next)
  await outer(inner)(requestOf({}), new TestContext())
  await outer(once)(requestOf({ method: 'POST' }), new TestContext())
  expect(resends).toEqual([0, 1, 0, 1, 0, 0])
})
