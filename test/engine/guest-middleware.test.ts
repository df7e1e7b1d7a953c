import { describe, expect, test } from 'vitest'
import type {
  GuestRequest,
  GuestResponse,
  RequestOutcome,
  ResponseOutcome,
} from '../../src/engine/wasm/guest-exchange.ts'
import { type GuestRunner, GuestsBusy, guestMiddleware } from '../../src/engine/wasm/guest-middleware.ts'
import { type Body, BytesBody, PushBody } from '../../src/http/body.ts'
import { Fields } from '../../src/http/fields.ts'
import type { Handler } from '../../src/http/handler.ts'
import type { KeptMemory } from '../../src/http/kept.ts'
import { ProxyResponse } from '../../src/http/response.ts'
import { type RequestSketch, requestOf, TestContext } from '../support/middleware.ts'

const NOTHING = new Uint8Array()
const bytes = (text: string) => new TextEncoder().encode(text)

const onward: RequestOutcome = {
  next: { context: 3 },
  features: 0,
  method: null,
  target: null,
  lines: null,
  content: null,
  hasRead: false,
  answer: { status: 0, lines: [], content: NOTHING, isCommitted: false, trailers: [] },
}

interface Script {
  readonly onRequest?: (request: GuestRequest) => Partial<RequestOutcome>
  readonly onResponse?: (response: GuestResponse) => Partial<ResponseOutcome>
  readonly readsContent?: boolean
  readonly features?: number
  readonly next?: Handler
  readonly kept?: KeptMemory
  readonly isLate?: boolean
}

/** A middleware with a scripted guest, and what it was shown. */
function scripted(script: Script) {
  const shown: { request?: GuestRequest; response?: GuestResponse } = {}
  const logged: string[] = []
  const later = <T>(value: () => T) => (script.isLate === true ? Promise.resolve().then(value) : value())
  const runner: GuestRunner = {
    readsContent: script.readsContent ?? true,
    features: script.features ?? 0,
    handleRequest: (request) =>
      later(() => {
        shown.request = request
        const outcome = { ...onward, ...script.onRequest?.(request) }
        const session =
          outcome.next === null
            ? null
            : {
                handleResponse: (_: number, response: GuestResponse) =>
                  later(() => {
                    shown.response = response
                    const { status } = response
                    return { status, lines: null, content: null, trailers: [], ...script.onResponse?.(response) }
                  }),
              }
        return { outcome, session }
      }),
  }
  const log = (_: string, message: string, fields?: Readonly<Record<string, unknown>>) =>
    void logged.push(`${message}: ${fields?.cause}`)
  const middleware = guestMiddleware({ runner, name: 'm@file', log: { log }, mostContent: 10, kept: script.kept })
  const next: Handler =
    script.next ??
    (() => new ProxyResponse(200, new Fields(['X-Next', '1', 'Content-Length', '5']), new BytesBody(bytes('inner'))))
  let reached: Parameters<Handler>[0] | null = null
  const handler = middleware((request, cx) => {
    reached = request
    return next(request, cx)
  })
  const ask = async (sketch: RequestSketch = {}) => {
    const cx = new TestContext()
    const answer = await handler(requestOf(sketch), cx)
    const { content } = answer
    const text =
      content === null
        ? null
        : typeof content === 'string'
          ? content
          : new TextDecoder().decode(await content.bytes(1e6))
    return { status: answer.status, lines: answer.headers.lines, text, answer }
  }
  return { ask, shown, logged, reached: () => reached! }
}

/** Content that breaks off. */
class Broken extends PushBody {
  readonly length = null
  readonly trailers = null
  used = false
  override pipe(sink: Parameters<Body['pipe']>[0]) {
    this.used = true
    sink.write(bytes('abc'))
    sink.fail(new Error('broken'))
    return { resume() {}, cancel() {} }
  }
  override cancel() {}
}

/** Content of a length that nobody has told. */
class Chunked extends PushBody {
  readonly length = null
  readonly trailers = null
  used = false
  readonly #text: string
  constructor(text: string) {
    super()
    this.#text = text
  }
  override pipe(sink: Parameters<Body['pipe']>[0]) {
    this.used = true
    sink.write(bytes(this.#text))
    sink.end()
    return { resume() {}, cancel() {} }
  }
  override cancel() {
    this.used = true
  }
}

const BUFFER_RESPONSE = 2

describe.each([false, true])('a guest that answers later: %s', (isLate) => {
  const guest = (script: Script) => scripted({ ...script, isLate })

  test('changes a request', async () => {
    const { ask, reached } = guest({
      onRequest: () => ({ method: 'PUT', target: '/x', lines: ['A', 'b'], content: bytes('new') }),
    })
    await ask({ content: 'old', headers: ['Content-Length', '3'] })
    const request = reached()
    expect([request.method, request.target, request.headers.lines, await request.text()]).toEqual([
      'PUT',
      '/x',
      ['A', 'b'],
      'new',
    ])
  })

  test('answers by itself', async () => {
    const answer = { status: 418, lines: ['A', 'b'], content: bytes('tea'), isCommitted: true, trailers: [] }
    const { ask, reached } = guest({ onRequest: () => ({ next: null, answer }) })
    expect(await ask({ content: 'unread' })).toMatchObject({ status: 418, lines: ['A', 'b'], text: 'tea' })
    expect(reached()).toBe(null)
  })

  test('what it has set before goes first', async () => {
    const answer = { ...onward.answer, lines: ['X-Next', 'guest'] }
    const { ask } = guest({ onRequest: () => ({ answer }) })
    expect(await ask()).toMatchObject({
      status: 200,
      lines: ['X-Next', 'guest', 'X-Next', '1', 'Content-Length', '5'],
      text: 'inner',
    })
  })

  test('what it has settled stays, and what follows is content', async () => {
    const answer = { ...onward.answer, status: 418, lines: ['A', 'b'], content: bytes('first '), isCommitted: true }
    const { ask } = guest({ onRequest: () => ({ answer }) })
    expect(await ask()).toMatchObject({ status: 418, lines: ['A', 'b'], text: 'first inner' })
  })

  test('changes an answer that is held back for it', async () => {
    const { ask, shown } = guest({
      onRequest: () => ({ features: BUFFER_RESPONSE }),
      onResponse: () => ({ status: 203, lines: ['A', 'b'], content: bytes('new') }),
    })
    expect(await ask()).toMatchObject({ status: 203, lines: ['A', 'b'], text: 'new' })
    expect(shown.response).toEqual({
      status: 200,
      lines: ['X-Next', '1', 'Content-Length', '5'],
      content: bytes('inner'),
      isError: false,
    })
  })

  test('a new length is the one of the new content', async () => {
    const { ask } = guest({
      onRequest: () => ({ features: BUFFER_RESPONSE }),
      onResponse: () => ({ content: bytes('longer than before') }),
    })
    expect(await ask()).toMatchObject({ lines: ['X-Next', '1'], text: 'longer than before' })
  })

  test.each([204, 304])('an answer of %i has no content', async (status) => {
    const { ask } = guest({
      onRequest: () => ({ features: BUFFER_RESPONSE }),
      onResponse: () => ({ status, content: bytes('x') }),
    })
    expect(await ask()).toMatchObject({ status, text: null })
  })

  test('an answer to HEAD is read as one without content', async () => {
    const { ask, shown } = guest({ onRequest: () => ({ features: BUFFER_RESPONSE }) })
    await ask({ method: 'HEAD' })
    expect(shown.response?.content).toEqual(NOTHING)
  })

  test('a switched connection stays one', async () => {
    const { ask } = guest({
      onRequest: () => ({ features: BUFFER_RESPONSE }),
      onResponse: () => ({ status: 200, content: bytes('x') }),
      next: () => new ProxyResponse(101, new Fields(), null),
    })
    expect(await ask()).toMatchObject({ status: 101, text: null })
  })

  test('trailers follow the content', async () => {
    const { ask } = guest({ onResponse: () => ({ trailers: ['A', 'b'] }) })
    const { answer, text } = await ask()
    expect([text, (answer.content as Body).length, (answer.content as Body).trailers?.lines]).toEqual([
      'inner',
      null,
      ['A', 'b'],
    ])
  })

  test('content that is larger than what is kept', async () => {
    const content = 'more than ten bytes'
    expect(await guest({}).ask({ content })).toMatchObject({ status: 413 })
    expect(await guest({}).ask({ content: new Chunked(content) })).toMatchObject({ status: 413 })
    const passed = guest({ readsContent: false })
    expect(await passed.ask({ content })).toMatchObject({ status: 200 })
    expect(await passed.reached().text()).toBe(content)
  })

  test('an answer that is larger than what is kept', async () => {
    const next = () => new ProxyResponse(200, new Fields(), new BytesBody(bytes('more than ten bytes')))
    const held = guest({ onRequest: () => ({ features: BUFFER_RESPONSE }), next })
    expect(await held.ask()).toMatchObject({ status: 500 })
    expect(held.shown.response?.content).toBe(null)
    const replaced = guest({
      onRequest: () => ({ features: BUFFER_RESPONSE }),
      onResponse: () => ({ content: bytes('x') }),
      next,
    })
    expect(await replaced.ask()).toMatchObject({ status: 200, text: 'x' })
    expect(await guest({ next }).ask()).toMatchObject({ status: 200, text: 'more than ten bytes' })
  })

  test('no memory is left for content', async () => {
    const kept = { limit: 4, used: 0 }
    expect(await guest({ kept }).ask({ content: 'hello' })).toMatchObject({ status: 503 })
    expect(await guest({ kept, onRequest: () => ({ features: BUFFER_RESPONSE }) }).ask()).toMatchObject({ status: 503 })
  })

  test('content that breaks off', async () => {
    expect(await guest({}).ask({ content: new Broken() })).toMatchObject({ status: 499 })
    const next = () => new ProxyResponse(200, new Fields(), new Broken())
    const { ask, shown } = guest({ onRequest: () => ({ features: BUFFER_RESPONSE }), next })
    expect(await ask()).toMatchObject({ status: 502 })
    expect(shown.response).toMatchObject({ isError: true, content: bytes('abc') })
    const mending = guest({
      onRequest: () => ({ features: BUFFER_RESPONSE }),
      onResponse: () => ({ content: bytes('whole') }),
      next,
    })
    expect(await mending.ask()).toMatchObject({ status: 200, text: 'whole' })
  })

  test('a request without an end goes on, for a guest that is for answers', async () => {
    const { ask, shown, reached } = guest({
      features: BUFFER_RESPONSE,
      onRequest: () => ({ features: BUFFER_RESPONSE }),
    })
    await ask({ content: new Chunked('x') })
    expect(shown.request?.content).toBe(null)
    expect(await reached().text()).toBe('x')
    const both = guest({ features: 3 })
    await both.ask({ content: new Chunked('x') })
    expect(both.shown.request?.content).toEqual(bytes('x'))
  })

  test('half of a request is sent to nobody', async () => {
    const { ask, reached, logged } = guest({ onRequest: () => ({ hasRead: true }) })
    expect(await ask({ content: 'hello' })).toMatchObject({ status: 502 })
    expect(reached()).toBe(null)
    expect(logged).toHaveLength(1)
    const buffered = guest({ onRequest: () => ({ hasRead: true, features: 1 }) })
    await buffered.ask({ content: 'hello' })
    expect(await buffered.reached().text()).toBe('hello')
  })

  test('a call that fails', async () => {
    const failing = guest({
      onRequest: () => {
        throw new Error('why')
      },
    })
    expect(await failing.ask({ content: 'x' })).toMatchObject({ status: 500, text: 'Internal Server Error' })
    expect(failing.logged).toEqual(['The plugin has failed: why'])
    const busy = guest({
      onRequest: () => {
        throw new GuestsBusy()
      },
    })
    expect(await busy.ask()).toMatchObject({ status: 503 })
    expect(busy.logged).toEqual([])
    const late = guest({
      onResponse: () => {
        throw new Error('later')
      },
    })
    expect(await late.ask()).toMatchObject({ status: 500, lines: [] })
    expect(late.logged).toEqual(['The plugin has failed: later'])
  })

  test.each([false, true])('the next handler that throws (later: %s) is told to the guest', async (nextIsLate) => {
    const next = () => {
      if (nextIsLate) return Promise.reject(new Error('next'))
      throw new Error('next')
    }
    const plain = guest({ next })
    await expect(plain.ask()).rejects.toThrow('next')
    expect(plain.shown.response).toMatchObject({ isError: true, status: 0 })
    const answering = guest({
      next,
      onRequest: () => ({ features: BUFFER_RESPONSE }),
      onResponse: () => ({ status: 502, content: bytes('sorry') }),
    })
    expect(await answering.ask()).toMatchObject({ status: 502, text: 'sorry' })
  })
})
