import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { UpstreamFailure } from '../../src/http/failure.ts'
import { Fields } from '../../src/http/fields.ts'
import type { Handler } from '../../src/http/handler.ts'
import { failureReply } from '../../src/http/replies.ts'
import type { ProxyRequest } from '../../src/http/request.ts'
import { bufferingElement } from '../../src/middlewares/buffering/buffering.schema.ts'
import { buffering } from '../../src/middlewares/buffering/buffering.ts'
import { circuitBreakerElement } from '../../src/middlewares/circuit-breaker/circuit-breaker.schema.ts'
import { circuitBreaker } from '../../src/middlewares/circuit-breaker/circuit-breaker.ts'
import { inFlightReqElement } from '../../src/middlewares/in-flight-req/in-flight-req.schema.ts'
import { inFlightReq } from '../../src/middlewares/in-flight-req/in-flight-req.ts'
import { retryElement } from '../../src/middlewares/retry/retry.schema.ts'
import { retry } from '../../src/middlewares/retry/retry.ts'
import {
  buildMiddleware,
  exchange,
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

const end = { status: 200, size: 0, requestSize: 0, aborted: false }

/** A next handler that answers from a list, the last one for ever, and keeps what it saw. */
function scripted(...answers: (ResponseSketch | UpstreamFailure)[]) {
  const seen: ProxyRequest[] = []
  const bodies: string[] = []
  const handle: Handler = async (request) => {
    seen.push(request)
    const answer = answers[Math.min(seen.length, answers.length) - 1]!
    if (answer instanceof UpstreamFailure) return failureReply(answer)
    bodies.push(await textOf(request.content))
    return responseOf(answer)
  }
  return { handle, seen, bodies }
}

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
      for (; next.seen.length === tries; waited++) {
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

describe('buffering', () => {
  type Options = z.input<typeof bufferingElement.schema>
  const build = (options: Options) => buildMiddleware(bufferingElement, buffering, options)

  test.each<[string, Options, RequestSketch, ResponseSketch, number, string]>([
    ['a request at the limit', { maxRequestBodyBytes: 10 }, { content: '1234567890' }, {}, 200, 'inner'],
    ['a request over it', { maxRequestBodyBytes: 10 }, { content: '12345678901' }, {}, 413, 'Request Entity Too Large'],
    [
      'a stream over it',
      { maxRequestBodyBytes: 3 },
      { content: new PiecesBody(['12', '34']) },
      {},
      413,
      'Request Entity Too Large',
    ],
    [
      'a request that breaks off',
      { maxRequestBodyBytes: 3 },
      { content: new PiecesBody(['12'], 'broken') },
      {},
      499,
      'Client Closed Request',
    ],
    [
      'a response at the limit',
      { maxResponseBodyBytes: 4 },
      {},
      { content: new PiecesBody(['12', '34']) },
      200,
      '1234',
    ],
    [
      'a response over it',
      { maxResponseBodyBytes: 3 },
      {},
      { content: new PiecesBody(['12', '34']), headers: ['X-Own', '1'] },
      500,
      'Internal Server Error',
    ],
    [
      'a known length over it',
      { maxResponseBodyBytes: 3 },
      {},
      { content: new PiecesBody(['12', '34'], 'complete', 4) },
      500,
      'Internal Server Error',
    ],
    [
      'an answer of our own over it',
      { maxResponseBodyBytes: 3 },
      {},
      { content: 'inner' },
      500,
      'Internal Server Error',
    ],
    [
      'no limits',
      { maxRequestBodyBytes: 0 },
      { content: 'x'.repeat(100) },
      { content: 'y'.repeat(100) },
      200,
      'y'.repeat(100),
    ],
  ])('%s', async (_name, options, sketch, answer, status, content) => {
    const { response } = await exchange(build(options), sketch, answer)
    expect([response.status, await textOf(response.content), response.headers.lines]).toEqual([status, content, []])
  })

  test('a response that breaks off is a 500', async () => {
    const { response } = await exchange(build({}), {}, { content: new PiecesBody(['12'], 'broken') })
    expect([response.status, response.content]).toEqual([500, 'Internal Server Error\n'])
  })

  test.each([
    ['0', 'hello'],
    ['5', ''],
  ])('content beside a Grpc-Status of %s', async (status, content) => {
    const { response } = await exchange(build({}), {}, { content: 'hello', headers: ['Grpc-Status', status] })
    expect(await textOf(response.content)).toBe(content)
  })

  test('trailers stay', async () => {
    const content = new PiecesBody(['hello'])
    content.trailers = new Fields(['X-T', '1'])
    const { response } = await exchange(build({}), {}, { content })
    const kept = response.content as PiecesBody
    expect([kept.length, await textOf(kept), kept.trailers?.get('x-t')]).toEqual([null, 'hello', '1'])
  })

  test('both get a length', async () => {
    const { response, seen } = await exchange(
      build({}),
      { method: 'POST', content: new PiecesBody(['ab', 'cd']) },
      { content: new PiecesBody(['1', '23']) },
    )
    expect([seen!.content!.length, (response.content as PiecesBody).length]).toEqual([4, 3])
  })

  const broken = { status: 502, content: 'bad' }
  test.each<[string, string, RequestSketch, ResponseSketch[], number, number]>([
    ['while it holds', 'IsNetworkError() && Attempts() < 3', { method: 'POST', content: 'x' }, [broken], 3, 502],
    ['until it does not', 'ResponseCode() == 502', { method: 'PUT', content: 'x' }, [broken, {}], 2, 200],
    ['at most 11 times', 'IsNetworkError()', { method: 'PUT', content: 'x' }, [broken], 11, 502],
    ['by method', 'RequestMethod() == "PUT"', { method: 'POST', content: 'x' }, [{}], 1, 200],
    ['not without content', 'IsNetworkError()', {}, [broken], 1, 502],
    ['not with empty content', 'IsNetworkError()', { method: 'POST', content: new PiecesBody([]) }, [broken], 1, 502],
  ])('sent again %s', async (_name, retryExpression, sketch, answers, tries, status) => {
    const next = scripted(...answers)
    const response = await build({ retryExpression })(next.handle)(requestOf(sketch), new TestContext())
    expect([next.seen.length, response.status]).toEqual([tries, status])
    expect(new Set(next.bodies).size).toBe(1)
  })

  test('swallows 1xx and lets upgrades pass', async () => {
    const cx = new TestContext()
    const told: number[] = []
    cx.handling.informational = (status) => told.push(status)
    const next: Handler = (_request, { handling: { informational } }) => {
      informational?.(103, requestOf().headers)
      return responseOf({ status: 101 })
    }
    expect((await build({})(next)(requestOf(), cx)).status).toBe(101)
    expect(told).toEqual([])
  })

  test.each<[Options, string]>([
    [{ maxRequestBodyBytes: -1 }, 'max bytes should be >= 0 got -1'],
    [{ memResponseBodyBytes: -2 }, 'mem bytes should be >= 0 got -2'],
    [{ retryExpression: 'Unknown() == 1' }, 'unsupported function: Unknown'],
  ])('%o: %s', (options, error) => {
    expect(prepareErrorOf(bufferingElement, options)).toBe(error)
  })
})

describe('circuitBreaker', () => {
  type Options = z.input<typeof circuitBreakerElement.schema>
  const clock = new FakeClock()

  /** Sends requests one after the other; `status` is what the service would say. */
  const rig = (options: Options) => {
    let reached = 0
    let status = 200
    let delayMs = 0
    const handle = buildMiddleware(
      circuitBreakerElement,
      circuitBreaker,
      options,
      testScopes({ ports: { clock } }),
    )((_request, _cx) => {
      reached++
      clock.advance(delayMs)
      return responseOf({ status })
    })
    const send = async (answer: number, ms = 0): Promise<string> => {
      status = answer
      delayMs = ms
      const before = reached
      const cx = new TestContext()
      const response = await handle(requestOf(), cx)
      cx.end(end)
      return `${response.status}${reached === before ? ' refused' : ''}`
    }
    return send
  }

  test('opens at the first error, comes back over the recovery', async () => {
    const send = rig({
      expression: 'ResponseCodeRatio(500, 600, 0, 600) > 0.5',
      fallbackDuration: '10s',
      recoveryDuration: '10s',
    })
    expect(await send(500)).toBe('500')
    expect(await send(200)).toBe('503 refused')
    clock.advance(9_999)
    expect(await send(200)).toBe('503 refused')
    clock.advance(1)
    expect(await send(200)).toBe('503 refused')
    clock.advance(5_000)
    // 1 of 2 would be 0.5, but 0.25 is the target.
    expect(await send(200)).toBe('503 refused')
    expect(await send(200)).toBe('503 refused')
    expect(await send(200)).toBe('503 refused')
    clock.advance(1_000)
    expect(await send(200)).toBe('200')
    clock.advance(4_001)
    expect(await send(200)).toBe('200')
    expect(await send(200)).toBe('200')
  })

  test('a failure within the recovery opens it again', async () => {
    const send = rig({
      expression: 'NetworkErrorRatio() > 0.1',
      fallbackDuration: '1s',
      recoveryDuration: '1s',
      responseCode: 429,
    })
    expect(await send(504)).toBe('504')
    clock.advance(1_000)
    expect(await send(200)).toBe('429 refused')
    clock.advance(999)
    expect(await send(200)).toBe('429 refused')
    expect(await send(502)).toBe('502')
    clock.advance(999)
    expect(await send(200)).toBe('429 refused')
  })

  test.each([
    [0, 500],
    [42, 500],
    [204, 204],
    [700, 700],
  ])('response code %d', async (responseCode, status) => {
    const send = rig({ expression: 'NetworkErrorRatio() > 0.1', responseCode })
    await send(502)
    expect(await send(200)).toBe(`${status} refused`)
  })

  test('evaluates once in a period', async () => {
    const send = rig({ expression: 'ResponseCodeRatio(500, 600, 0, 600) >= 0.5', checkPeriod: '100ms' })
    expect(await send(200)).toBe('200')
    expect(await send(500)).toBe('500')
    expect(await send(500)).toBe('500')
    clock.advance(100)
    expect(await send(500)).toBe('500')
    expect(await send(500)).toBe('503 refused')
  })

  test('counts of more than ten seconds ago are gone', async () => {
    const send = rig({ expression: 'ResponseCodeRatio(500, 600, 0, 600) > 0.6' })
    await send(200)
    await send(500)
    clock.advance(11_000)
    expect(await send(500)).toBe('500')
    expect(await send(200)).toBe('503 refused')
  })

  test.each([
    [100, 50, '200'],
    [102, 50, '503 refused'],
  ])('latency of %d ms', async (ms, _quantile, after) => {
    const send = rig({ expression: 'LatencyAtQuantileMS(50.0) > 101' })
    expect(await send(200, ms)).toBe('200')
    expect(await send(200)).toBe(after)
  })

  test.each<[Options, RegExp]>([
    [{}, /1:1: expected operand, found 'EOF'/],
    [{ expression: 'NetworkErrorRatio() > 1' }, /expected int, got int/],
    [{ expression: 'LatencyAtQuantileMS(50) > 1' }, /reflect: Call using int as type float64/],
  ])('%o', (options, error) => {
    expect(prepareErrorOf(circuitBreakerElement, options)).toMatch(error)
  })
})
