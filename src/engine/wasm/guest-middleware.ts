import type { Logger } from '../../contracts/ports.ts'
import { type Body, type BodyFlow, type BodySink, BytesBody, PushBody } from '../../http/body.ts'
import { UpstreamFailure } from '../../http/failure.ts'
import { Fields } from '../../http/fields.ts'
import { giveUp } from '../../http/give-up.ts'
import type { Handler, Middleware } from '../../http/handler.ts'
import { busyReply, CountedBody, Kept, type KeptMemory, MemoryShort } from '../../http/kept.ts'
import { MappedBody } from '../../http/mapped-body.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import { type AheadBody, readAhead } from '../../http/read-ahead.ts'
import { failureReply, phraseReply } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { EndListener, RequestContext } from '../../http/request-context.ts'
import { ProxyResponse } from '../../http/response.ts'
import {
  BUFFER_REQUEST,
  BUFFER_RESPONSE,
  type GuestAnswer,
  type GuestRequest,
  type GuestResponse,
  type RequestOutcome,
  type ResponseOutcome,
} from './guest-exchange.ts'

/** Where guests of one middleware run. What fails there rejects, with what the log is to say. */
export interface GuestRunner {
  /** The guest may want to read content. */
  readonly readsContent: boolean
  /** Those that it has switched on while it started. */
  readonly features: number
  handleRequest(request: GuestRequest): MaybePromise<GuestTurn>
}

export interface GuestTurn {
  readonly outcome: RequestOutcome
  /** The guest that waits for the answer, to be asked once; null: it does not. */
  readonly session: GuestSession | null
}

export interface GuestSession {
  handleResponse(context: number, response: GuestResponse): MaybePromise<ResponseOutcome>
}

/** All guests have something to do, and so many wait that one more would wait too long. Answered by 503. */
export class GuestsBusy extends Error {
  constructor() {
    super('too many requests wait for the plugin')
    this.name = 'GuestsBusy'
  }
}

export interface GuestMiddlewareOptions {
  readonly runner: GuestRunner
  /** Qualified name of the middleware. */
  readonly name: string
  readonly log: Logger
  /** Bytes of content that are kept for a guest to read. */
  readonly mostContent: number
  readonly kept: KeptMemory | undefined
}

/** A middleware whose guest sees requests and answers by the handler ABI. */
export function guestMiddleware({ runner, name, log, mostContent, kept }: GuestMiddlewareOptions): Middleware {
  /** Content in memory; a failed reading of it is in the body. */
  const wholeOf = (content: Body, cx: RequestContext): MaybePromise<AheadBody> => {
    const counted = kept === undefined || content.length === 0 ? null : new CountedBody(content, new Kept(kept, cx))
    return andThen(readAhead(counted ?? content, mostContent + 1), (ahead) => {
      counted?.passOn()
      return ahead
    })
  }

  const failed = (error: unknown): ProxyResponse => {
    if (error instanceof GuestsBusy) return busyReply()
    const cause = error instanceof Error ? error.message : String(error)
    log.log('error', 'The plugin has failed', { middlewareName: name, middlewareType: 'wasm', cause })
    return phraseReply(500)
  }

  const answered = (next: Handler, request: ProxyRequest, cx: RequestContext, content: Uint8Array | null) => {
    let turn: MaybePromise<GuestTurn>
    try {
      turn = runner.handleRequest(guestRequest(request, cx, content))
    } catch (error) {
      turn = Promise.reject(error)
    }
    const whole = turn instanceof Promise ? turn.catch((error: unknown) => failed(error)) : turn
    return andThen(whole, (turn): MaybePromise<ProxyResponse> => {
      if (turn instanceof ProxyResponse) {
        request.content?.cancel()
        return turn
      }
      const { outcome, session } = turn
      if (outcome.next === null || session === null) {
        request.content?.cancel()
        return answerOf(outcome.answer)
      }
      const { context } = outcome.next
      if (outcome.hasRead && outcome.content === null && (outcome.features & BUFFER_REQUEST) === 0) {
        // What it has read is gone, as in Traefik: half of a request is not to be sent to anybody.
        request.content?.cancel()
        log.log('error', 'The plugin has read the content of a request without enabling buffer_request', {
          middlewareName: name,
          middlewareType: 'wasm',
        })
        return finish(session, context, outcome, phraseReply(502), request, cx, cx.beginPart())
      }
      change(request, outcome)
      const mark = cx.beginPart()
      const failing = (error: unknown) => afterFailure(session, context, outcome, error)
      let response: MaybePromise<ProxyResponse>
      try {
        response = next(request, cx)
      } catch (error) {
        return failing(error)
      }
      const settled = (response: ProxyResponse) => finish(session, context, outcome, response, request, cx, mark)
      return response instanceof Promise ? response.then(settled, failing) : settled(response)
    })
  }

  /** The guest sees the answer, and what it makes of that is sent. */
  const finish = (
    session: GuestSession,
    context: number,
    outcome: RequestOutcome,
    response: ProxyResponse,
    request: ProxyRequest,
    cx: RequestContext,
    mark: EndListener | null,
  ): MaybePromise<ProxyResponse> => {
    const { answer, features } = outcome
    merge(response, answer)
    const isBuffered = (features & BUFFER_RESPONSE) !== 0 && response.status !== 101
    const whole = isBuffered ? contentOf(response, request.method, cx, wholeOf) : NOT_READ
    return andThen(whole, ({ content: own, broken }): MaybePromise<ProxyResponse> => {
      const content = own === null || answer.content.byteLength === 0 ? own : joined(answer.content, own)
      const isTooLarge = content !== null && content.byteLength > mostContent
      const seen: GuestResponse = {
        status: response.status,
        lines: response.headers.lines,
        content: runner.readsContent && !isTooLarge ? content : null,
        isError: broken !== null,
      }
      const changed = attempt(() => session.handleResponse(context, seen))
      return andThen(changed, (result): ProxyResponse => {
        const refuse = (reply: ProxyResponse): ProxyResponse => {
          giveUp(response, cx, mark)
          return reply
        }
        if (result instanceof Failure) return refuse(failed(result.reason))
        if (result.content === null) {
          if (broken instanceof MemoryShort) return refuse(busyReply())
          if (broken !== null) return refuse(phraseReply(502))
          if (isTooLarge) return refuse(failed(new Error('the answer is larger than what is kept for a plugin')))
        }
        return applied(response, result, isBuffered && answer.content.byteLength > 0 ? content : null)
      })
    })
  }

  /** The next handler has thrown: the guest is told, and may answer in its place. */
  const afterFailure = (
    session: GuestSession,
    context: number,
    { answer, features }: RequestOutcome,
    error: unknown,
  ): MaybePromise<ProxyResponse> => {
    const seen: GuestResponse = { status: 0, lines: answer.lines, content: null, isError: true }
    return andThen(
      attempt(() => session.handleResponse(context, seen)),
      (result) => {
        if (result instanceof Failure) return failed(result.reason)
        if ((features & BUFFER_RESPONSE) === 0 || (result.status === 0 && result.content === null)) throw error
        const lines = result.lines ?? answer.lines
        return answerOf({ ...answer, ...result, lines, content: result.content ?? new Uint8Array(), isCommitted: true })
      },
    )
  }

  return (next) => (request, cx) => {
    const { content } = request
    if (content === null || content.length === 0) return answered(next, request, cx, NO_CONTENT)
    const { readsContent, features } = runner
    // A guest for answers alone is not worth holding up what has no end.
    const isStream = content.length === null && (features & (BUFFER_REQUEST | BUFFER_RESPONSE)) === BUFFER_RESPONSE
    if (!readsContent || isStream) return answered(next, request, cx, null)
    return andThen(wholeOf(content, cx), (ahead) => {
      if (ahead.broken === null && ahead.size <= mostContent) {
        request.content = ahead
        return answered(next, request, cx, ahead.whole())
      }
      ahead.cancel()
      if (ahead.broken === null) return phraseReply(413)
      const { reason } = ahead.broken
      return reason instanceof MemoryShort
        ? busyReply()
        : failureReply(new UpstreamFailure('aborted', 'unsent', reason))
    })
  }
}

const NO_CONTENT = new Uint8Array()
const NOT_READ = { content: null, broken: null }

/** Why a guest has not answered. */
class Failure {
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }
}

function attempt<T>(call: () => MaybePromise<T>): MaybePromise<T | Failure> {
  try {
    const value = call()
    return value instanceof Promise ? value.catch((error: unknown) => new Failure(error)) : value
  } catch (error) {
    return new Failure(error)
  }
}

function guestRequest(request: ProxyRequest, cx: RequestContext, content: Uint8Array | null): GuestRequest {
  const { address, port } = cx.client
  return {
    method: request.method,
    target: request.target === '' ? '/' : request.target,
    version: request.version,
    source: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
    authority: request.authority,
    lines: request.headers.lines,
    content,
  }
}

function change(request: ProxyRequest, { method, target, lines, content }: RequestOutcome): void {
  if (method !== null) request.method = method
  if (target !== null) request.target = target
  if (lines !== null) request.headers.lines = [...lines]
  if (content === null) return
  request.content?.cancel()
  request.content = new BytesBody(content)
  request.headers.delete('Content-Length')
}

/** What the guest has set before goes first: the next handler adds to it, or comes too late. */
function merge(response: ProxyResponse, { status, lines, content, isCommitted }: GuestAnswer): void {
  if (!isCommitted) {
    if (lines.length > 0) response.headers.lines = [...lines, ...response.headers.lines]
    return
  }
  if (response.status === 101) return
  response.status = status
  response.reason = ''
  response.failure = null
  response.headers.lines = [...lines]
  const { content: own } = response
  if (content.byteLength === 0) return
  if (own === null) response.content = new BytesBody(content)
  else if (typeof own === 'string') response.content = new BytesBody(joined(content, encoder.encode(own)))
  else response.content = after(content, own)
}

/** Content behind other content. */
function after(start: Uint8Array, rest: Body): Body {
  let isFirst = true
  const begun = (chunk: Uint8Array): Uint8Array => {
    if (!isFirst) return chunk
    isFirst = false
    return joined(start, chunk)
  }
  return new MappedBody(rest, { map: begun, finish: () => begun(new Uint8Array()) })
}

/** The content of an answer in memory; it stays there for the client. */
function contentOf(
  response: ProxyResponse,
  method: string,
  cx: RequestContext,
  wholeOf: (content: Body, cx: RequestContext) => MaybePromise<AheadBody>,
): MaybePromise<{ readonly content: Uint8Array | null; readonly broken: unknown }> {
  const { content } = response
  if (content === null || method === 'HEAD') return { content: new Uint8Array(), broken: null }
  if (typeof content === 'string') return { content: encoder.encode(content), broken: null }
  return andThen(wholeOf(content, cx), (ahead) => {
    response.content = ahead
    return { content: ahead.whole(), broken: ahead.broken?.reason ?? null }
  })
}

/** @param content in the place of what there is; null: it stays */
function applied(response: ProxyResponse, result: ResponseOutcome, content: Uint8Array | null): ProxyResponse {
  if (result.status !== response.status && response.status !== 101) {
    response.status = result.status
    response.reason = ''
    response.failure = null
  }
  if (result.lines !== null) response.headers.lines = [...result.lines]
  const replaced = result.content ?? content
  if (replaced !== null && response.status !== 101) {
    response.discard()
    response.content = new BytesBody(replaced)
    response.headers.delete('Content-Length')
  }
  return withTrailers(withoutContent(response), result.trailers)
}

function answerOf({ status, lines, content, trailers }: GuestAnswer): ProxyResponse {
  const response = new ProxyResponse(status === 0 ? 200 : status, new Fields([...lines]), new BytesBody(content))
  return withTrailers(withoutContent(response), trailers)
}

/** Answers that have no content (RFC 9110 §6.4.1), whatever a guest has written. */
function withoutContent(response: ProxyResponse): ProxyResponse {
  if (response.status !== 204 && response.status !== 304) return response
  response.discard()
  response.content = null
  return response
}

function withTrailers(response: ProxyResponse, lines: readonly string[]): ProxyResponse {
  const { content } = response
  if (lines.length === 0 || content === null || response.status === 101) return response
  const body = typeof content === 'string' ? new BytesBody(encoder.encode(content)) : content
  response.content = new TrailedBody(body, lines)
  return response
}

/** Content with more trailers than it had. */
class TrailedBody extends PushBody {
  readonly length = null
  readonly #source: Body
  readonly #lines: readonly string[]

  constructor(source: Body, lines: readonly string[]) {
    super()
    this.#source = source
    this.#lines = lines
  }

  get used(): boolean {
    return this.#source.used
  }

  get trailers(): Fields {
    return new Fields([...(this.#source.trailers?.lines ?? []), ...this.#lines])
  }

  override pipe(sink: BodySink): BodyFlow {
    return this.#source.pipe(sink)
  }

  override cancel(reason?: unknown): void {
    this.#source.cancel(reason)
  }
}

const encoder = new TextEncoder()

function joined(start: Uint8Array, rest: Uint8Array): Uint8Array {
  const whole = new Uint8Array(start.byteLength + rest.byteLength)
  whole.set(start)
  whole.set(rest, start.byteLength)
  return whole
}
