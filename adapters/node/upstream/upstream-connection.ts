import type { Socket } from 'node:net'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import { Fields } from '../../../src/http/fields.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import { hasToken } from '../http/octets.ts'
import { BETWEEN, CHUNKED, DISCARD, FIXED, HEAD, Http1Connection, TUNNEL, UNTIL_CLOSE } from '../http1/connection.ts'
import { Http1Body } from '../http1/http1-body.ts'
import { CHUNKED as CHUNKED_LENGTH, UNTIL_CLOSE as NO_LENGTH, parseResponseHead } from '../http1/response-head.ts'
import { timers } from '../sockets/timer-wheel.ts'
import type { AnswerLimits } from './answer-limits.ts'
import type { UpstreamAttempt } from './upstream-attempt.ts'

/** Octets of a tunnel that wait until the client's side is linked. */
const MOST_EARLY = 1024 * 1024
const MAX_INFORMATIONAL = 100
/** After a failed write the connection is over: what it still brings is here at once. */
const LAST_WORDS_MS = 1000

/** How long a server may do nothing, in milliseconds; 0: for ever. */
export interface Silence {
  /** It sends nothing, once it has the request. */
  readonly readMs: number
  /** It takes nothing of a request. */
  readonly writeMs: number
}

/** What a connection reports to the pool it belongs to. */
export interface ConnectionOwner {
  /** Both messages ended cleanly: it can take another request. */
  released(connection: UpstreamConnection): void
  closed(connection: UpstreamConnection): void
  readonly limits: AnswerLimits
  readonly silence: Silence
  /** An exception of a body's reader, or of ours. */
  bug(reason: unknown): void
}

const malformed = (): Error => new Error('malformed answer')

/** A connection to a server: one request after another, and their answers. */
export class UpstreamConnection extends Http1Connection {
  /** Requests that were sent before the current one. */
  served = 0
  /** When an idle connection is closed; on the pool's behalf. */
  readonly #owner: ConnectionOwner
  #attempt: UpstreamAttempt | null = null
  #response: ProxyResponse | null = null
  #received = false
  #informational = 0
  /** The answer allows another request on this connection. */
  #persistent = true
  #requestDone = false
  #malformed = false
  #switched = false

  constructor(socket: Socket, owner: ConnectionOwner) {
    super(socket, owner.limits.bytes)
    this.#owner = owner
    this.phase = BETWEEN
  }

  start(): void {
    this.attach()
    this.readOnAfterFailedWrite()
  }

  get usable(): boolean {
    return !this.closed && this.sendError === null && this.socket.writable && !this.socket.destroyed
  }

  /** Takes an attempt, which then writes its request. */
  assign(attempt: UpstreamAttempt): void {
    this.#attempt = attempt
    this.#received = false
    this.#informational = 0
    this.#persistent = true
    this.#requestDone = false
    this.phase = HEAD
    timers.set(this, 0)
    this.#allow(this.#owner.silence.writeMs)
  }

  /** Counts the time to the answer's head from now; 0: none. */
  awaitHead(timeoutMs: number): void {
    if (this.#attempt === null) return
    const { readMs, writeMs } = this.#owner.silence
    if (readMs + writeMs > 0 && this.sendError === null) timers.set(this, 0)
    this.#allow(timeoutMs > 0 && readMs > 0 ? Math.min(timeoutMs, readMs) : timeoutMs || readMs)
  }

  /** From now on the server may do nothing for so long; 0: as before. */
  #allow(ms: number): void {
    if (ms > 0) timers.set(this, timers.now() + ms)
  }

  override onRead(buffer: Buffer, length: number): void {
    super.onRead(buffer, length)
    // Before the head the time limit of that goes on, whatever comes.
    if (this.#isAnswering) this.#allow(this.#owner.silence.readMs)
  }

  /** The head of an answer is there, and its end is not. */
  get #isAnswering(): boolean {
    return !this.closed && ((this.#attempt !== null && this.phase !== HEAD) || this.#switched)
  }

  /** The attempt has written its whole request. */
  requestComplete(): void {
    this.#requestDone = true
    if (this.phase === BETWEEN) this.#finish()
  }

  /** Ends the exchange early; the connection can't be used again. */
  abandon(): void {
    this.#attempt = null
    this.socket.destroy()
  }

  /** A server that answers early and closes makes writing fail: its answer may be here, unread. */
  protected override sendingFailed(): void {
    const attempt = this.#attempt
    if (attempt === null) {
      if (this.phase !== TUNNEL && !this.#switched) this.socket.destroy()
      return
    }
    attempt.cannotSend()
    if (this.phase === HEAD) timers.set(this, timers.now() + LAST_WORDS_MS)
  }

  protected override takeHead(text: string, end: number): void {
    const attempt = this.#attempt
    if (attempt === null) {
      this.socket.destroy()
      return
    }
    this.#received = true
    const { limits } = this.#owner
    const head = parseResponseHead(text, end, attempt.request.method, limits.fields)
    if (head === null || head === 'count') {
      this.#refuse(head === null ? malformed() : limits.tooManyFields())
      return
    }
    const { status, lines, length } = head
    if (status < 200 && status !== 101) {
      if (++this.#informational > MAX_INFORMATIONAL) this.#refuse(new Error('too many informational answers'))
      else attempt.informed(status, new Fields(lines))
      return
    }
    timers.set(this, 0)
    if (!head.persistent) this.#persistent = false
    if (status === 101) {
      this.#takeSwitch(attempt, lines, head.upgrade)
      return
    }
    let content: Http1Body | null = null
    if (length === 0) this.phase = BETWEEN
    else {
      content = new Http1Body(this, length < 0 ? null : length)
      if (length === CHUNKED_LENGTH) this.expectContent(content, CHUNKED, 0)
      else if (length === NO_LENGTH) this.expectContent(content, UNTIL_CLOSE, 0)
      else this.expectContent(content, FIXED, length)
    }
    this.#response = new ProxyResponse(status, new Fields(lines), content)
    this.fresh = true
  }

  #takeSwitch(attempt: UpstreamAttempt, lines: string[], upgrade: string): void {
    const wanted = attempt.request.upgrade
    // Content that is still on its way would end up in the tunnel.
    if (wanted === null || !this.#requestDone || !hasToken(upgrade, wanted.toLowerCase())) {
      this.#refuse(malformed())
      return
    }
    const response = new ProxyResponse(101, new Fields(lines), null)
    response.upgraded = this
    this.#response = response
    this.#switched = true
    // Until the client's side is linked, what the server sends waits.
    this.phase = BETWEEN
    this.fresh = true
  }

  protected override refuseHead(tooLarge: boolean): void {
    this.#refuse(tooLarge ? this.#owner.limits.tooManyBytes() : malformed())
  }

  #refuse(reason: Error): void {
    this.phase = DISCARD
    this.#malformed = true
    this.#fail('protocol', reason)
    this.socket.destroy()
  }

  protected override begin(): void {
    const attempt = this.#attempt
    const response = this.#response
    this.#response = null
    if (attempt === null || response === null) {
      response?.discard()
      return
    }
    attempt.answered(response)
    if (this.#switched) {
      this.#attempt = null
      return
    }
    if (this.phase === BETWEEN) this.#messageOver(attempt)
  }

  protected override messageEnd(): void {
    this.phase = BETWEEN
    // Before `begin` the answer has not been handed on yet.
    if (this.#response === null && this.#attempt !== null) this.#messageOver(this.#attempt)
  }

  #messageOver(attempt: UpstreamAttempt): void {
    if (this.#requestDone) this.#finish()
    else {
      // The server answered without reading everything: the rest of the request is not wanted.
      attempt.stopSending()
      this.#attempt = null
      this.socket.destroy()
    }
  }

  #finish(): void {
    const attempt = this.#attempt
    if (attempt === null) return
    this.#attempt = null
    timers.set(this, 0)
    attempt.over()
    this.served++
    if (this.#persistent && this.usable) {
      this.resumeContent()
      this.#owner.released(this)
    } else this.socket.destroy()
  }

  protected override contentBroken(): void {
    // It may have come in one piece with its head, which is an answer all the same: one that is cut short.
    if (this.fresh) {
      this.fresh = false
      this.begin()
    }
    this.cutContent(malformed())
    this.#attempt?.stopSending()
    this.abandon()
  }

  protected override unexpected(buffer: Buffer, start: number, end: number): void {
    if (this.#switched) {
      this.#early =
        this.#early === null
          ? Buffer.from(buffer.subarray(start, end))
          : Buffer.concat([this.#early, buffer.subarray(start, end)])
      if (this.#early.length > MOST_EARLY) this.pauseReading()
      return
    }
    // Octets nobody asked for: an answer to nothing, or the second half of a smuggled one.
    this.#persistent = false
    if (this.#attempt === null) this.socket.destroy()
  }

  /** Octets of the tunnel that came before it was linked. */
  #early: Buffer | null = null

  override tunnelTo(other: Http1Connection): void {
    super.tunnelTo(other)
    this.#allow(this.#owner.silence.readMs)
    const early = this.#early
    this.#early = null
    if (early !== null) this.consume(early, 0, early.length)
  }

  protected override peerEnded(): void {
    this.socket.destroy()
  }

  protected override gone(readError: Error | null): void {
    const error = this.sendError ?? readError
    if (this.#attempt !== null && !this.#malformed) {
      // Go takes a reset between two heads for one before the answer.
      if (this.partialHead || (this.#informational > 0 && error === null))
        this.#fail('protocol', error ?? new Error('answer cut short'))
      else this.#fail('reset', error ?? new Error('connection closed before the answer'))
    }
    this.#attempt = null
    this.other = null
    this.#owner.closed(this)
  }

  #fail(kind: 'protocol' | 'reset' | 'timeout', cause: Error): void {
    const attempt = this.#attempt
    this.#attempt = null
    attempt?.failed(new UpstreamFailure(kind, attempt.progress, cause), this.#received || this.partialHead)
  }

  protected override drained(): void {
    if (!this.#requestDone) this.#allow(this.#owner.silence.writeMs)
    this.#attempt?.drained()
  }

  protected override bug(reason: unknown): void {
    this.#owner.bug(reason)
  }

  override contentWanted(): void {
    // Answers are read as they come; back pressure is the body's.
  }

  override contentCancelled(content: Http1Body): void {
    if (content !== this.content) return
    this.content = null
    this.#attempt?.stopSending()
    this.abandon()
  }

  override onDeadline(): void {
    const { readMs, writeMs } = this.#owner.silence
    // Who reads the answer, or sends the request, takes its time: the server is not to blame.
    if (this.#isAnswering && !this.isReading) {
      this.#allow(readMs)
      return
    }
    const isSending = this.#attempt !== null && !this.#requestDone && this.sendError === null && this.phase === HEAD
    if (isSending && writeMs > 0 && this.writer.flushed) {
      this.#allow(writeMs)
      return
    }
    if (this.#attempt !== null) {
      if (this.sendError !== null) this.#fail('reset', this.sendError)
      else this.#fail('timeout', new Error('no answer in time'))
    }
    this.socket.destroy()
  }
}
