import type { Socket } from 'node:net'
import type { Logger } from '../../../src/contracts/ports.ts'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import type { Fields } from '../../../src/http/fields.ts'
import type { ProxyRequest } from '../../../src/http/request.ts'
import type { Client, RequestContext } from '../../../src/http/request-context.ts'
import type { ProxyResponse } from '../../../src/http/response.ts'
import { type AbsoluteForm, requestHead } from '../http1/serialise.ts'
import { timers } from '../sockets/timer-wheel.ts'
import { Affinity } from './affinity.ts'
import { type AnswerLimitOptions, AnswerLimits } from './answer-limits.ts'
import { authorityOf, Dial, type DialTarget } from './dial.ts'
import { type AttemptOwner, UpstreamAttempt } from './upstream-attempt.ts'
import { type ConnectionOwner, type Silence, UpstreamConnection } from './upstream-connection.ts'

/** What is offered to servers by ALPN; nothing where HTTP/2 is switched off, as in Go. */
const HTTP1 = ['http/1.1']
const NOTHING: readonly string[] = []

/** Go's default when a transport does not say. */
const DEFAULT_IDLE = 2

export interface PoolOptions extends AnswerLimitOptions {
  readonly responseHeaderTimeoutMs: number
  readonly idleConnTimeoutMs: number
  /** How long a server may do nothing; absent: for ever. */
  readonly readTimeoutMs?: number
  readonly writeTimeoutMs?: number
  /** 0: Go's default of 2; negative: no reuse. */
  readonly maxIdleConnsPerHost: number
  /** False: servers are not to speak HTTP/2. */
  readonly http2?: boolean
}

/** The connections to one server; the one used last is used first, so that few stay warm. */
export class UpstreamPool implements AttemptOwner, ConnectionOwner {
  readonly responseHeaderTimeoutMs: number
  readonly limits: AnswerLimits
  readonly silence: Silence
  readonly #target: DialTarget
  readonly #authority: string
  /** How requests are written to a proxy; null: they go to the server itself, or through a tunnel. */
  readonly #absolute: AbsoluteForm | null
  readonly #protocols: readonly string[]
  readonly #idleConnTimeoutMs: number
  readonly #maxIdle: number
  readonly #idle: UpstreamConnection[] = []
  readonly #log: Logger
  /** Null in a pool that is one client's own. */
  readonly #affinity: Affinity<UpstreamPool> | null
  #closing = false

  /** @param shared whether requests of different clients use its connections in turn */
  constructor(target: DialTarget, options: PoolOptions, log: Logger, shared = true) {
    this.#log = log
    this.limits = new AnswerLimits(options, authorityOf(target), log)
    this.#affinity = shared ? new Affinity(() => new UpstreamPool(target, ownOptions(options), log, false)) : null
    const { proxy, tls, port } = target
    this.#target = target
    this.#authority = authorityOf(target)
    const named = port === 80 ? this.#authority.slice(0, -':80'.length) : this.#authority
    this.#absolute = proxy === null || tls !== null ? null : { authority: named, credentials: proxy.authorization }
    this.responseHeaderTimeoutMs = options.responseHeaderTimeoutMs
    this.silence = { readMs: options.readTimeoutMs ?? 0, writeMs: options.writeTimeoutMs ?? 0 }
    this.#protocols = options.http2 === false ? NOTHING : HTTP1
    this.#idleConnTimeoutMs = options.idleConnTimeoutMs
    this.#maxIdle = options.maxIdleConnsPerHost === 0 ? DEFAULT_IDLE : options.maxIdleConnsPerHost
  }

  /** Connections waiting for a request. */
  get idleCount(): number {
    return this.#idle.length
  }

  send(request: ProxyRequest, cx: RequestContext): Promise<ProxyResponse | UpstreamFailure> | UpstreamFailure {
    const own = this.ownOf(cx.client)
    if (own !== null) return own.send(request, cx)
    if (cx.aborted) return new UpstreamFailure('aborted', 'unsent', new Error('client left'))
    const head = this.#head(request)
    if (head === null)
      return new UpstreamFailure('protocol', 'unsent', new Error('request can not be sent as HTTP/1.1'))
    return new Promise((settle) => {
      const attempt = new UpstreamAttempt(request, cx, head, this, settle)
      const connection = this.#take()
      if (connection === null) this.#dial(attempt)
      else attempt.sendOn(connection)
    })
  }

  /** Sends a request on a connection that was made elsewhere, and keeps that. */
  sendOn(
    socket: Socket,
    request: ProxyRequest,
    cx: RequestContext,
    settle: (outcome: ProxyResponse | UpstreamFailure) => void,
  ): void {
    const head = this.#head(request)
    if (head === null || cx.aborted) {
      socket.destroy()
      const reason = head === null ? 'request can not be sent as HTTP/1.1' : 'client left'
      settle(new UpstreamFailure(head === null ? 'protocol' : 'aborted', 'unsent', new Error(reason)))
      return
    }
    const connection = new UpstreamConnection(socket, this)
    connection.start()
    new UpstreamAttempt(request, cx, head, this, settle).sendOn(connection)
  }

  /** The pool of a client whose connections are its own. */
  ownOf(client: Client): UpstreamPool | null {
    return this.#affinity === null ? null : this.#affinity.of(client)
  }

  challenged(client: Client, headers: Fields): void {
    this.#affinity?.challenged(client, headers)
  }

  #head(request: ProxyRequest): string | null {
    return requestHead(request, request.authority === '' ? this.#authority : request.authority, this.#absolute)
  }

  #take(): UpstreamConnection | null {
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined) return null
      if (connection.usable) return connection
    }
  }

  again(attempt: UpstreamAttempt): void {
    this.#dial(attempt)
  }

  #dial(attempt: UpstreamAttempt): void {
    const dial = new Dial(this.#target, this.#protocols, (outcome: Socket | UpstreamFailure) => {
      attempt.cancelDial = null
      if (outcome instanceof UpstreamFailure) {
        attempt.notConnected(outcome)
        return
      }
      const connection = new UpstreamConnection(outcome, this)
      connection.start()
      attempt.sendOn(connection)
    })
    attempt.cancelDial = () => dial.cancel()
  }

  released(connection: UpstreamConnection): void {
    if (this.#closing || this.#idle.length >= this.#maxIdle) {
      connection.socket.destroySoon()
      return
    }
    this.#idle.push(connection)
    if (this.#idleConnTimeoutMs > 0) timers.set(connection, timers.now() + this.#idleConnTimeoutMs)
  }

  closed(connection: UpstreamConnection): void {
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
  }

  bug(cause: unknown): void {
    this.#log.log('error', `Error in the exchange with ${this.#authority}`, { cause })
  }

  /** Idle connections close at once, busy ones after their exchange. */
  close(): void {
    this.#closing = true
    for (const connection of this.#idle.splice(0)) connection.socket.destroy()
  }
}

/** Nobody closes a client's own pool: what is idle must not stay for ever. */
const ownOptions = (options: PoolOptions): PoolOptions => ({
  ...options,
  idleConnTimeoutMs: options.idleConnTimeoutMs > 0 ? options.idleConnTimeoutMs : OWN_IDLE_MS,
})

const OWN_IDLE_MS = 90_000
