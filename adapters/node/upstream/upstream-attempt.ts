import type { BodyFlow } from '../../../src/http/body.ts'
import { type FailureProgress, UpstreamFailure } from '../../../src/http/failure.ts'
import type { Fields } from '../../../src/http/fields.ts'
import type { ProxyRequest } from '../../../src/http/request.ts'
import type { Client, RequestContext } from '../../../src/http/request-context.ts'
import type { ProxyResponse } from '../../../src/http/response.ts'
import type { NativeSink } from '../http/native-sink.ts'
import { type Abortable, NodeContext } from '../http/node-context.ts'
import { Timed, timers } from '../sockets/timer-wheel.ts'
import { calledOff } from './called-off.ts'
import type { UpstreamConnection } from './upstream-connection.ts'

/** How long a server is waited for that does not say `100 Continue`. */
const CONTINUE_MS = 1000

/** What an attempt asks of the pool it came through. */
export interface AttemptOwner {
  /** Sends the same request once more, on a new connection. */
  again(attempt: UpstreamAttempt): void
  readonly responseHeaderTimeoutMs: number
  /** The server answered 401. */
  challenged(client: Client, headers: Fields): void
}

/**
 * One request on its way to a server: writes head and content, then settles once with the answer's head or a failure.
 * It is the sink of the request's content.
 */
export class UpstreamAttempt extends Timed implements NativeSink, Abortable {
  readonly native = true
  readonly request: ProxyRequest
  progress: FailureProgress = 'unsent'
  /** Set while dialling: how to give that up. */
  cancelDial: (() => void) | null = null
  readonly #owner: AttemptOwner
  readonly #cx: RequestContext
  readonly #head: string
  readonly #settle: (outcome: ProxyResponse | UpstreamFailure) => void
  #connection: UpstreamConnection | null = null
  #flow: BodyFlow | null = null
  #settled = false
  #retried = false
  #written = false
  #complete = false
  #awaitsContinue = false
  #forget: (() => void) | null = null

  constructor(
    request: ProxyRequest,
    cx: RequestContext,
    head: string,
    owner: AttemptOwner,
    settle: (outcome: ProxyResponse | UpstreamFailure) => void,
  ) {
    super()
    this.request = request
    this.#cx = cx
    this.#head = head
    this.#owner = owner
    this.#settle = settle
    if (cx instanceof NodeContext && cx.attempt === null) cx.attempt = this
    else this.#forget = cx.onAbort(() => this.abort())
  }

  get settled(): boolean {
    return this.#settled
  }

  /** Sends the request on a connection that is the attempt's until it is over. */
  sendOn(connection: UpstreamConnection): void {
    this.#connection = connection
    this.progress = 'head-sent'
    connection.assign(this)
    const { content } = this.request
    const { writer } = connection
    writer.head(this.#head, content !== null && content.length === null)
    if (content === null) {
      this.#written = true
      writer.flush()
      this.#requestComplete()
      return
    }
    if (content.used) {
      this.failed(new UpstreamFailure('aborted', 'unsent', new Error('content was used before')), true)
      connection.abandon()
      return
    }
    if (this.request.headers.first('expect')?.toLowerCase() === '100-continue') {
      this.#awaitsContinue = true
      this.#written = true
      writer.flush()
      timers.set(this, timers.now() + CONTINUE_MS)
      return
    }
    this.#sendContent()
  }

  #sendContent(): void {
    const connection = this.#connection
    const { content } = this.request
    if (connection === null || content === null || content.used) return
    this.#written = true
    const { writer } = connection
    writer.hold()
    try {
      const flow = content.pipe(this)
      if (this.#connection === null || this.#complete) return
      this.#flow = flow
      writer.release()
    } catch (reason) {
      // A bug of whoever made the content; the exchange fails instead of the process.
      this.fail(reason)
    }
  }

  // ---- sink of the request's content

  get flushed(): boolean {
    return this.#connection?.writer.flushed ?? true
  }

  write(chunk: Uint8Array): boolean {
    return this.#connection === null || this.#connection.writer.write(chunk)
  }

  writeText(text: string): boolean {
    return this.#connection === null || this.#connection.writer.writeText(text)
  }

  hold(): void {
    this.#connection?.writer.hold()
  }

  release(): boolean {
    return this.#connection === null || this.#connection.writer.release()
  }

  end(): void {
    const connection = this.#connection
    if (connection === null) return
    const declared = this.request.content?.length ?? null
    if (declared !== null && declared !== connection.writer.size) {
      this.fail(new Error('content is not as long as declared'))
      return
    }
    // Trailers of requests are not forwarded, as in Traefik.
    connection.writer.end(null)
    connection.writer.release()
    this.#requestComplete()
  }

  fail(reason: unknown): void {
    const connection = this.#connection
    this.#flow = null
    if (connection === null) return
    this.#connection = null
    this.#finish(new UpstreamFailure('aborted', this.progress, reason))
    connection.abandon()
  }

  #requestComplete(): void {
    this.#complete = true
    this.#flow = null
    this.progress = 'body-sent'
    const connection = this.#connection
    if (connection === null) return
    connection.awaitHead(this.#settled ? 0 : this.#owner.responseHeaderTimeoutMs)
    connection.requestComplete()
  }

  drained(): void {
    this.#flow?.resume()
  }

  // ---- what the connection reports

  informed(status: number, fields: Fields): void {
    if (this.#cx.handling.informational !== null) this.#cx.handling.guessesType = true
    if (status === 100 && this.#awaitsContinue) {
      this.#continue()
      return
    }
    this.#cx.handling.informational?.(status, fields)
  }

  #continue(): void {
    this.#awaitsContinue = false
    timers.remove(this)
    this.#sendContent()
  }

  override onDeadline(): void {
    if (this.#awaitsContinue) this.#continue()
  }

  /** The answer's head is there. */
  answered(response: ProxyResponse): void {
    this.progress = 'responding'
    if (response.status === 401) this.#owner.challenged(this.#cx.client, response.headers)
    if (this.#awaitsContinue) {
      this.#awaitsContinue = false
      timers.remove(this)
    }
    if (response.status === 101) {
      this.#connection = null
      this.#release()
    }
    this.#finish(response)
  }

  /** The answer is complete, the request is not: nobody wants the rest. */
  stopSending(): void {
    const flow = this.#flow
    this.#flow = null
    this.#connection = null
    this.#release()
    if (flow !== null) flow.cancel()
    else if (this.request.content !== null && !this.request.content.used) this.request.content.cancel()
  }

  /** The connection takes nothing more, but an answer may have come: only sending ends. */
  cannotSend(): void {
    this.#stopContent(null)
  }

  /** Both messages are complete. */
  over(): void {
    this.#connection = null
    this.#release()
  }

  /** The connection gave no answer. `received`: octets of one had come. */
  failed(failure: UpstreamFailure, received: boolean): void {
    const connection = this.#connection
    this.#connection = null
    if (this.#settled) {
      this.#stopContent(failure)
      return
    }
    if (failure.kind === 'reset' && !received && connection !== null && connection.served > 0 && this.#mayRepeat()) {
      this.#retried = true
      this.#written = false
      this.#complete = false
      this.progress = 'unsent'
      this.#owner.again(this)
      return
    }
    this.#stopContent(failure)
    this.#finish(failure)
  }

  /**
   * RFC 9110 §9.2.2: what was sent may have been acted on, so only what Go sends twice is (net/http
   * `Request.isReplayable`).
   */
  #mayRepeat(): boolean {
    if (this.#retried || this.#cx.aborted) return false
    const { content, headers, method } = this.request
    if (!this.#written) return true
    if (content?.used) return false
    return REPEATABLE.has(method) || headers.has('idempotency-key') || headers.has('x-idempotency-key')
  }

  #stopContent(reason: unknown): void {
    this.#awaitsContinue = false
    timers.remove(this)
    const flow = this.#flow
    this.#flow = null
    flow?.cancel(reason)
  }

  /** The client left, or a time limit is over. */
  abort(): void {
    const connection = this.#connection
    this.#connection = null
    this.cancelDial?.()
    this.#stopContent(null)
    this.#finish(calledOff(this.#cx, this.progress))
    connection?.abandon()
  }

  /** The connection could not be made. */
  notConnected(failure: UpstreamFailure): void {
    this.#finish(failure)
  }

  #finish(outcome: ProxyResponse | UpstreamFailure): void {
    if (this.#settled) return
    this.#settled = true
    if (outcome instanceof UpstreamFailure) this.#release()
    this.#settle(outcome)
  }

  #release(): void {
    this.#forget?.()
    this.#forget = null
    if (this.#cx instanceof NodeContext && this.#cx.attempt === this) this.#cx.attempt = null
  }
}

const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
