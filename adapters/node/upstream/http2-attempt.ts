import { type ClientHttp2Stream, constants } from 'node:http2'
import type { BodyFlow, BodySink } from '../../../src/http/body.ts'
import { type FailureKind, type FailureProgress, UpstreamFailure } from '../../../src/http/failure.ts'
import type { ProxyRequest } from '../../../src/http/request.ts'
import type { RequestContext } from '../../../src/http/request-context.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import { type Abortable, NodeContext } from '../http/node-context.ts'
import { parseLength } from '../http/octets.ts'
import { breakOff, Http2Body, MessageEnd } from '../http2/http2-body.ts'
import { responseFields } from '../http2/incoming-fields.ts'
import type { SmallFrames } from '../http2/small-frames.ts'
import { Timed, timers } from '../sockets/timer-wheel.ts'
import type { AnswerLimits } from './answer-limits.ts'
import { calledOff } from './called-off.ts'
import type { Silence } from './upstream-connection.ts'

const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_FLAG_END_STREAM } =
  constants

const MAX_INFORMATIONAL = 100
/** How often a server may refuse a request before it is believed. */
const MOST_REFUSALS = 3
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** What an attempt asks of the sessions it came through. */
export interface Http2AttemptOwner {
  readonly responseHeaderTimeoutMs: number
  readonly limits: AnswerLimits
  readonly silence: Silence
  /** Sends the same request once more. */
  again(attempt: Http2Attempt): void
  bug(reason: unknown): void
}

/** The connection of a stream, as far as an attempt asks. */
export interface AttemptConnection {
  readonly alive: boolean
  /** The server has announced that it closes. */
  readonly saidGoodbye: boolean
  readonly smallFrames: SmallFrames
}

/** One request on its way to a server over HTTP/2; it is the sink of the request's content. */
export class Http2Attempt extends Timed implements BodySink, Abortable {
  readonly request: ProxyRequest
  readonly cx: RequestContext
  /** Set while a connection is waited for: how to give that up. */
  cancelWait: (() => void) | null = null
  readonly #owner: Http2AttemptOwner
  readonly #settle: (outcome: ProxyResponse | UpstreamFailure) => void
  readonly #forget: (() => void) | null = null
  #stream: ClientHttp2Stream | null = null
  #connection: AttemptConnection | null = null
  #reused = false
  #flow: BodyFlow | null = null
  #progress: FailureProgress = 'unsent'
  #settled = false
  #repeats = 0
  #sent = 0
  #informational = 0

  constructor(
    request: ProxyRequest,
    cx: RequestContext,
    owner: Http2AttemptOwner,
    settle: (outcome: ProxyResponse | UpstreamFailure) => void,
  ) {
    super()
    this.request = request
    this.cx = cx
    this.#owner = owner
    this.#settle = settle
    if (cx instanceof NodeContext && cx.attempt === null) cx.attempt = this
    else this.#forget = cx.onAbort(() => this.abort())
  }

  /** Hands the attempt's place in its exchange and its outcome to another kind of attempt. */
  leave(): (outcome: ProxyResponse | UpstreamFailure) => void {
    this.#settled = true
    this.#release()
    return this.#settle
  }

  get settled(): boolean {
    return this.#settled
  }

  /** Takes a stream on which the head has been sent. @param reused its connection has served before */
  sendOn(stream: ClientHttp2Stream, connection: AttemptConnection, reused: boolean): void {
    this.#stream = stream
    this.#connection = connection
    this.#reused = reused
    this.#progress = 'head-sent'
    const end = new MessageEnd(stream, connection.smallFrames)
    const guarded = (act: () => void) => {
      try {
        act()
      } catch (reason) {
        this.#owner.bug(reason)
        this.#abandon()
      }
    }
    stream.on('error', () => undefined)
    stream.on('response', (...event: unknown[]) =>
      guarded(() =>
        this.#answered(
          stream,
          end,
          Number((event[0] as Record<string, unknown>)[':status']),
          Number(event[1]),
          event[2],
        ),
      ),
    )
    stream.on('headers', (...event: unknown[]) =>
      guarded(() => this.#informed(Number((event[0] as Record<string, unknown>)[':status']), event[2])),
    )
    stream.on('drain', () => guarded(() => this.#flow?.resume()))
    stream.on('close', () => guarded(() => this.#closed(stream)))
    const { readMs } = this.#owner.silence
    if (readMs > 0) stream.setTimeout(readMs, () => guarded(() => this.#silent(stream)))
    const { content } = this.request
    if (content === null) {
      this.#requestComplete()
      return
    }
    if (content.used) {
      this.#fail('aborted', new Error('content was used before'))
      this.#abandon()
      return
    }
    const flow = content.pipe(this)
    if (this.#progress === 'head-sent' && this.#stream !== null) this.#flow = flow
  }

  // ---- sink of the request's content

  write(chunk: Uint8Array): boolean {
    const stream = this.#stream
    if (stream === null || stream.destroyed || stream.closed) return true
    this.#sent += chunk.length
    return stream.write(chunk)
  }

  end(): void {
    this.#flow = null
    const stream = this.#stream
    const declared = this.request.content?.length ?? null
    if (declared !== null && declared !== this.#sent) {
      this.fail(new Error('content is not as long as declared'))
      return
    }
    // Trailers of requests are not forwarded, as in Traefik.
    stream?.end()
    this.#requestComplete()
  }

  fail(reason: unknown): void {
    this.#flow = null
    this.#fail('aborted', reason)
    this.#abandon()
  }

  #requestComplete(): void {
    if (this.#progress === 'head-sent') this.#progress = 'body-sent'
    const { responseHeaderTimeoutMs } = this.#owner
    if (!this.#settled && responseHeaderTimeoutMs > 0) timers.set(this, timers.now() + responseHeaderTimeoutMs)
  }

  // ---- what the stream says

  /** Nothing came or went for the time that a server may be silent. */
  #silent(stream: ClientHttp2Stream): void {
    if (stream !== this.#stream) return
    const isOurs = stream.readableLength > 0 || (this.#progress === 'head-sent' && stream.writableLength === 0)
    // Who reads the answer, or sends the request, takes its time.
    if (isOurs) stream.setTimeout(this.#owner.silence.readMs)
    else this.onDeadline()
  }

  #informed(status: number, raw: unknown): void {
    if (++this.#informational > MAX_INFORMATIONAL) {
      this.#fail('protocol', new Error('too many informational answers'))
      this.#abandon()
      return
    }
    const { handling } = this.cx
    const { informational } = handling
    if (informational === null || status === 100 || status === 101 || !Array.isArray(raw)) return
    handling.guessesType = true
    informational(status, responseFields(raw as string[]))
  }

  #answered(stream: ClientHttp2Stream, end: MessageEnd, status: number, flags: number, raw: unknown): void {
    timers.remove(this)
    if (this.#settled) return
    if (!(status >= 200 && status <= 999) || !Array.isArray(raw)) {
      this.#fail('protocol', new Error('malformed answer'))
      this.#abandon()
      return
    }
    this.#progress = 'responding'
    const fields = responseFields(raw as string[])
    const empty = (flags & NGHTTP2_FLAG_END_STREAM) !== 0
    const declared = fields.first('content-length')
    const length = declared === null ? -1 : parseLength(declared)
    const bug = (reason: unknown) => this.#owner.bug(reason)
    const content = empty
      ? null
      : new Http2Body(stream, end, length < 0 ? null : length, null, () => this.#abandon(), bug)
    if (empty) stream.resume()
    // When the answer is complete and the request is not, nobody wants the rest.
    stream.on('end', () => this.#stopSending())
    this.#finish(new ProxyResponse(status, fields, content))
  }

  #stopSending(): void {
    const flow = this.#flow
    this.#flow = null
    if (flow === null) return
    flow.cancel()
    if (this.#stream !== null) breakOff(this.#stream)
  }

  #closed(stream: ClientHttp2Stream): void {
    timers.remove(this)
    this.#stream = null
    if (!this.#settled) {
      if (this.#mayRepeat(stream)) {
        this.#repeats++
        this.#progress = 'unsent'
        this.#sent = 0
        // A server that refuses because it is about to close says so right after.
        setImmediate(() => {
          if (!this.#settled) this.#owner.again(this)
        })
        return
      }
      const code = stream.rstCode ?? NGHTTP2_NO_ERROR
      const connection = this.#connection
      if (code === NGHTTP2_ENHANCE_YOUR_CALM && connection?.alive === true) {
        this.#fail('protocol', this.#owner.limits.tooMuch())
      }
      const isNoHttp2 = (stream.errored as NodeJS.ErrnoException | null)?.code === 'ERR_HTTP2_ERROR'
      const lost = connection !== null && !connection.alive && !connection.saidGoodbye && !isNoHttp2
      // As Traefik: a connection that breaks is a bad gateway; a stream that is refused, and what is no HTTP/2, an error of
      // the server.
      this.#fail(lost ? 'reset' : 'protocol', new Error(`stream closed with code ${code}`))
    }
    this.#stopSending()
    this.#release()
  }

  /** What the server says it has not looked at may be sent again; else only what may be done twice (RFC 9113 §8.7). */
  #mayRepeat(stream: ClientHttp2Stream): boolean {
    const { content, method } = this.request
    if (this.cx.aborted || content?.used === true) return false
    if (stream.rstCode === NGHTTP2_REFUSED_STREAM) return this.#repeats < MOST_REFUSALS
    const lost = this.#connection?.alive !== true
    return lost && this.#repeats === 0 && this.#reused && this.#informational === 0 && REPEATABLE.has(method)
  }

  /** No connection could be had. */
  notConnected(failure: UpstreamFailure): void {
    this.#finish(failure)
  }

  /** The client left, or a time limit is over. */
  abort(): void {
    this.cancelWait?.()
    this.cancelWait = null
    this.#finish(calledOff(this.cx, this.#progress))
    this.#abandon()
  }

  #abandon(): void {
    const stream = this.#stream
    this.#stream = null
    const flow = this.#flow
    this.#flow = null
    flow?.cancel()
    if (stream === null || stream.closed) return
    if (stream.writableEnded) stream.close(NGHTTP2_CANCEL)
    else breakOff(stream)
  }

  #fail(kind: FailureKind, cause: unknown): void {
    this.#finish(new UpstreamFailure(kind, this.#progress, cause))
  }

  #finish(outcome: ProxyResponse | UpstreamFailure): void {
    if (this.#settled) return
    this.#settled = true
    timers.remove(this)
    if (outcome instanceof UpstreamFailure) this.#release()
    this.#settle(outcome)
  }

  #release(): void {
    this.#forget?.()
    if (this.cx instanceof NodeContext && this.cx.attempt === this) this.cx.attempt = null
  }

  override onDeadline(): void {
    this.#fail('timeout', new Error('no answer in time'))
    this.#abandon()
  }
}
