import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Http2Options } from '../../../src/compiler/install/entry-point-options.ts'
import type { Client } from '../../../src/http/request-context.ts'
import type { Accept, EntryPointHttpOptions } from '../http/accept.ts'
import { Timed, timers } from '../sockets/timer-wheel.ts'
import { Budget } from './budget.ts'
import { type ExchangeOwner, Http2Exchange } from './exchange.ts'
import { SmallFrames } from './small-frames.ts'

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_FLAG_END_STREAM } = constants

/** Who wants to know of sessions, so that a server can stop gracefully. */
export interface SessionTracker {
  readonly draining: boolean
  opened(session: ServerSession): void
  closed(session: ServerSession): void
}

/** The client's SETTINGS must be there by then. */
const PREFACE_MS = 10_000
const STREAM_WINDOW = 256 * 1024
/** nghttp2 takes eight CONTINUATION frames: with frames of this size, a head of the default limit. */
const FRAME_SIZE = 128 * 1024
const CONNECTION_WINDOW = 1024 * 1024
/** Megabytes of one connection: streams, heads, what waits to be sent. */
const SESSION_MEMORY = 16
/** Octets of the head of an answer: what servers may send is limited where they are read. */
const MOST_HEAD = 64 * 1024 * 1024

/** A client's HTTP/2 connection. */
export class ServerSession extends Timed implements ExchangeOwner {
  readonly options: EntryPointHttpOptions
  readonly accept: Accept
  readonly client: Client
  readonly smallFrames: SmallFrames
  readonly #socket: Socket
  readonly #session: ServerHttp2Session
  readonly #tracker: SessionTracker | null
  readonly #opened: number
  readonly #resets: Budget
  readonly #pings: Budget
  readonly #settings: Budget
  readonly #open = new Set<Http2Exchange>()
  #requests = 0
  #greeted = false
  #leaving = false
  #closed = false

  /** @param first octets read from the socket already */
  constructor(
    socket: Socket,
    first: Uint8Array | null,
    options: EntryPointHttpOptions,
    http2: Http2Options,
    accept: Accept,
    client: Client,
    tracker: SessionTracker | null,
  ) {
    super()
    this.options = options
    this.accept = accept
    this.client = client
    this.#socket = socket
    this.smallFrames = new SmallFrames(socket)
    this.#tracker = tracker
    const now = timers.now()
    this.#opened = now
    this.#resets = new Budget(200, 20, now)
    this.#pings = new Budget(500, 50, now)
    this.#settings = new Budget(50, 5, now)
    if (first !== null && first.length > 0) socket.unshift(first)
    // Unlike HTTP/1.1 a client that ends its side has left.
    socket.allowHalfOpen = false
    const session = performServerHandshake(socket, {
      maxSessionMemory: SESSION_MEMORY,
      maxDeflateDynamicTableSize: http2.maxEncoderHeaderTableSize,
      maxHeaderListPairs: options.maxHeaderFields + 10,
      maxSendHeaderBlockLength: MOST_HEAD,
      maxSettings: 32,
      // nghttp2 would leave out a field with a blank at an end; as over HTTP/1.1 the blank goes.
      strictFieldWhitespaceValidation: false,
      settings: {
        maxConcurrentStreams: http2.maxConcurrentStreams,
        headerTableSize: http2.maxDecoderHeaderTableSize,
        // RFC 9113 §6.5.2 counts 32 octets a field on top.
        maxHeaderListSize: options.maxHeaderBytes + 4096,
        initialWindowSize: STREAM_WINDOW,
        maxFrameSize: FRAME_SIZE,
        enablePush: false,
      },
    })
    this.#session = session
    tracker?.opened(this)
    timers.set(this, now + PREFACE_MS)
    session.on('error', () => undefined)
    session.on('stream', (stream, _headers, flags, ...more: unknown[]) => this.#take(stream, flags, more[0]))
    session.on('ping', () => this.#spend(this.#pings))
    session.on('remoteSettings', () => this.#greet())
    session.on('close', () => this.#gone())
    socket.on('close', () => this.#gone())
    session.setLocalWindowSize(CONNECTION_WINDOW)
  }

  /** No stream is open. */
  get idle(): boolean {
    return this.#open.size === 0
  }

  #greet(): void {
    if (!this.#greeted) {
      this.#greeted = true
      this.#rest()
    }
    this.#spend(this.#settings)
  }

  #spend(budget: Budget): void {
    if (budget.spend(timers.now()) || this.#session.destroyed) return
    this.#session.destroy(new Error('the client asks for too much'), NGHTTP2_ENHANCE_YOUR_CALM)
  }

  #take(stream: ServerHttp2Stream, flags: number, raw: unknown): void {
    const exchange = new Http2Exchange(stream, this)
    this.#open.add(exchange)
    timers.set(this, 0)
    this.#requests++
    const { keepAliveMaxRequests, keepAliveMaxTimeMs } = this.options
    const enough = keepAliveMaxRequests > 0 && this.#requests >= keepAliveMaxRequests
    const old = keepAliveMaxTimeMs > 0 && timers.now() - this.#opened >= keepAliveMaxTimeMs
    if (enough || old) this.drain()
    exchange.begin(Array.isArray(raw) ? (raw as string[]) : [], (flags & NGHTTP2_FLAG_END_STREAM) !== 0)
  }

  over(exchange: Http2Exchange, early: boolean): void {
    if (!this.#open.delete(exchange)) return
    if (early) this.#spend(this.#resets)
    this.#rest()
  }

  closeRequested(): void {
    this.drain()
  }

  /** Counts idle time from now. */
  #rest(): void {
    if (!this.idle || !this.#greeted) return
    const ms = this.options.idleTimeoutMs || this.options.readTimeoutMs
    timers.set(this, ms > 0 ? timers.now() + ms : 0)
  }

  /** Takes no new streams, of which the client hears by GOAWAY, and ends when the last one does. */
  drain(): void {
    const session = this.#session
    if (this.#leaving || session.destroyed) return
    this.#leaving = true
    session.close()
  }

  destroy(): void {
    this.#session.destroy()
    this.#socket.destroy()
  }

  override onDeadline(): void {
    if (!this.#greeted) this.destroy()
    else this.drain()
  }

  #gone(): void {
    if (this.#closed) return
    this.#closed = true
    timers.remove(this)
    this.#tracker?.closed(this)
  }
}
