import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { UpstreamFailure } from '../../src/http/failure.ts'
import { Fields } from '../../src/http/fields.ts'
import type { Handler } from '../../src/http/handler.ts'
import { bufferingElement } from '../../src/middlewares/buffering/buffering.schema.ts'
import { buffering } from '../../src/middlewares/buffering/buffering.ts'
import {
  buildMiddleware,
  byFetch,
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
import { scripted } from '../support/scripted.ts'

describe('buffering', () => {
  type Options = z.input<typeof bufferingElement.schema>
  const build = (options: Options) => buildMiddleware(bufferingElement, buffering, options)

  test('content that a service gave for HEAD goes, and with it its length', async () => {
    const { response } = await exchange(
      build({}),
      { method: 'HEAD' },
      {
        content: new PiecesBody(['denied']),
        headers: ['Content-Length', '6'],
      },
    )
    expect([response.content, response.headers.lines]).toEqual([null, []])
  })

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

  test.each([
    [new PiecesBody(['12345'], 'complete', 5), 5],
    [new PiecesBody(['12', '345']), 5],
  ])('what has come of a response that is too large is told of its server', async (content, size) => {
    const { response, cx } = await exchange(build({ maxResponseBodyBytes: 3 }), {}, { content })
    expect([response.status, cx.record.originSize]).toEqual([500, size])
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

  test.each([
    ['Service Unavailable', 5, 500],
    ['Service Unavailable', 19, 503],
    [new PiecesBody(['a p', 'age']), 5, 500],
    [new PiecesBody(['a p', 'age']), 6, 503],
  ])(
    'content of HEAD, which nobody gets, has the same limit: %s, %i',
    async (content, maxResponseBodyBytes, status) => {
      const { response } = await exchange(build({ maxResponseBodyBytes }), { method: 'HEAD' }, { status: 503, content })
      expect(response.status).toBe(status)
      if (status === 503) expect(response.content).toBeNull()
    },
  )

  test('an answer that is too large is refused at once, whatever the expression says of it', async () => {
    const next = scripted(broken)
    const handle = build({ retryExpression: 'IsNetworkError()', maxResponseBodyBytes: 2 })(next.handle)
    const { status } = await handle(requestOf({ method: 'PUT', content: 'x' }), new TestContext())
    expect([next.seen.length, status]).toEqual([1, 500])
  })

  test.each<[string, string, UpstreamFailure, number]>([
    ['a POST that a server may have had', 'POST', new UpstreamFailure('connect', 'unknown', null), 1],
    ['a POST that was not sent', 'POST', new UpstreamFailure('connect', 'unsent', null), 2],
    ['a PUT', 'PUT', new UpstreamFailure('connect', 'unknown', null), 2],
  ])('by Fetch: %s', async (_name, method, failure, tries) => {
    const next = scripted(failure, {})
    const scopes = testScopes({ ports: { transports: byFetch } })
    const handle = buildMiddleware(bufferingElement, buffering, { retryExpression: 'IsNetworkError()' }, scopes)
    await handle(next.handle)(requestOf({ method, content: 'x' }), new TestContext())
    expect(next.seen.length).toBe(tries)
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
