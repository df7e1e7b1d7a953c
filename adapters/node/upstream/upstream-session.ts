import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2'
import type { Socket } from 'node:net'
import { SmallFrames } from '../http2/small-frames.ts'
import { Timed, timers } from '../sockets/timer-wheel.ts'
import type { AnswerLimits } from './answer-limits.ts'

/** Times in milliseconds; 0: none. */
export interface SessionOptions {
  readonly idleConnTimeoutMs: number
  readonly readIdleTimeoutMs: number
  readonly pingTimeoutMs: number
}

/** Until the server says how many streams it takes. */
const FIRST_STREAMS = 100
/** Identifiers of streams are not used twice (RFC 9113 §5.1.1); well before the last one another connection is made. */
const MOST_STREAMS = 2 ** 29
const STREAM_WINDOW = 256 * 1024
const CONNECTION_WINDOW = 4 * 1024 * 1024
/** Megabytes. */
const SESSION_MEMORY = 64
const HEADER_LIST = 1024 * 1024

/** A connection to a server that carries many requests at once. */
export class UpstreamSession extends Timed {
  /** The server has announced that it closes. */
  saidGoodbye = false
  readonly smallFrames: SmallFrames
  readonly #session: ClientHttp2Session
  readonly #socket: Socket
  readonly #options: SessionOptions
  readonly #closed: (session: UpstreamSession) => void
  #greeted: (() => void)[] | null = []
  #open = 0
  #served = 0
  #over = false
  /** When it was used last, and what had been read when it was looked at last. */
  #idleSince: number
  #bytesRead = 0
  #pinged = false

  constructor(
    socket: Socket,
    authority: string,
    options: SessionOptions,
    limits: AnswerLimits,
    closed: (session: UpstreamSession) => void,
  ) {
    super()
    this.#socket = socket
    this.smallFrames = new SmallFrames(socket)
    this.#options = options
    this.#closed = closed
    // Unlike HTTP/1.1 there is nothing to say once the other side has ended.
    socket.allowHalfOpen = false
    const session = connect(authority, {
      createConnection: () => socket,
      maxSessionMemory: SESSION_MEMORY,
      maxHeaderListPairs: limits.fields + 10,
      // nghttp2 would leave out a field with a blank at an end.
      strictFieldWhitespaceValidation: false,
      maxSendHeaderBlockLength: 2 * HEADER_LIST,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW, maxHeaderListSize: limits.bytes },
    })
    this.#session = session
    session.on('error', () => this.#end())
    session.once('remoteSettings', () => this.#greet())
    session.on('goaway', () => {
      this.saidGoodbye = true
      this.#end()
    })
    session.on('close', () => this.#end())
    socket.on('close', () => this.#end())
    socket.on('error', () => undefined)
    session.setLocalWindowSize(CONNECTION_WINDOW)
    this.#idleSince = timers.now()
    this.#watch()
  }

  /** Calls back once the server has said how many streams it takes, or is gone. */
  whenGreeted(act: () => void): void {
    if (this.#greeted === null) act()
    else this.#greeted.push(act)
  }

  #greet(): void {
    const waiting = this.#greeted
    this.#greeted = null
    if (waiting !== null) for (const act of waiting) act()
  }

  /** Takes another request now. */
  get usable(): boolean {
    const most = this.#session.remoteSettings?.maxConcurrentStreams ?? FIRST_STREAMS
    return this.alive && this.#open < most && this.#served < MOST_STREAMS
  }

  get alive(): boolean {
    return !this.#over && !this.#session.closed && !this.#session.destroyed
  }

  get idle(): boolean {
    return this.#open === 0
  }

  /** Requests that it has carried. */
  get served(): number {
    return this.#served
  }

  /** Sends a head. Throws where Node does not take it. */
  request(fields: OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream {
    const stream = this.#session.request(fields, { endStream })
    this.#open++
    this.#served++
    stream.on('close', () => {
      this.#open--
      this.#idleSince = timers.now()
      this.#watch()
    })
    this.#watch()
    return stream
  }

  /** Ends after its last stream; takes no new ones. */
  close(): void {
    this.#end()
    if (!this.#session.destroyed) this.#session.close()
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    timers.remove(this)
    this.#closed(this)
    this.#greet()
  }

  #watch(): void {
    if (this.#over) return
    const { idleConnTimeoutMs, readIdleTimeoutMs } = this.#options
    let next = Number.POSITIVE_INFINITY
    if (this.#open === 0 && idleConnTimeoutMs > 0) next = this.#idleSince + idleConnTimeoutMs
    if (readIdleTimeoutMs > 0) next = Math.min(next, timers.now() + readIdleTimeoutMs)
    timers.set(this, next === Number.POSITIVE_INFINITY ? 0 : next)
  }

  override onDeadline(now: number): void {
    const { idleConnTimeoutMs, readIdleTimeoutMs, pingTimeoutMs } = this.#options
    if (this.#open === 0 && idleConnTimeoutMs > 0 && now >= this.#idleSince + idleConnTimeoutMs) {
      this.close()
      return
    }
    const { bytesRead } = this.#socket
    const silent = bytesRead === this.#bytesRead
    this.#bytesRead = bytesRead
    if (this.#pinged && silent) {
      this.#session.destroy(new Error('no answer to a ping'))
      return
    }
    this.#pinged = false
    if (silent && readIdleTimeoutMs > 0 && this.#session.ping(() => this.#answered())) {
      this.#pinged = true
      timers.set(this, now + Math.max(1, pingTimeoutMs))
      return
    }
    this.#watch()
  }

  #answered(): void {
    this.#pinged = false
    this.#watch()
  }
}
