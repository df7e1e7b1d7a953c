import type { OutgoingHttpHeaders } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Logger } from '../../../src/contracts/ports.ts'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import type { ProxyRequest } from '../../../src/http/request.ts'
import type { RequestContext } from '../../../src/http/request-context.ts'
import type { ProxyResponse } from '../../../src/http/response.ts'
import { outgoingFields } from '../http2/outgoing-fields.ts'
import type { AnswerLimits } from './answer-limits.ts'
import { authorityOf, Dial, type DialTarget } from './dial.ts'
import { Http2Attempt, type Http2AttemptOwner } from './http2-attempt.ts'
import type { Silence } from './upstream-connection.ts'
import { type PoolOptions, UpstreamPool } from './upstream-pool.ts'
import { type SessionOptions, UpstreamSession } from './upstream-session.ts'

const UNSAFE_TARGET = /[^\x21-\x7e]/

/**
 * The connections to a server that may speak HTTP/2: by prior knowledge without TLS, by ALPN with it. A server that
 * takes HTTP/1.1 instead gets that, and so does every upgrade.
 */
export class Http2Pool implements Http2AttemptOwner {
  readonly responseHeaderTimeoutMs: number
  readonly limits: AnswerLimits
  readonly silence: Silence
  readonly #target: DialTarget
  readonly #options: SessionOptions
  readonly #authority: string
  readonly #http1: UpstreamPool
  readonly #log: Logger
  readonly #sessions: UpstreamSession[] = []
  readonly #waiting = new Set<Http2Attempt>()
  #dial: Dial | null = null
  /** The server took HTTP/1.1 when it was asked last. */
  #speaksHttp1 = false
  #closing = false

  constructor(target: DialTarget, options: PoolOptions & SessionOptions, log: Logger) {
    this.#target = target
    this.#options = options
    this.#authority = authorityOf(target)
    this.responseHeaderTimeoutMs = options.responseHeaderTimeoutMs
    this.#http1 = new UpstreamPool(target, options, log)
    this.limits = this.#http1.limits
    this.silence = this.#http1.silence
    this.#log = log
  }

  send(request: ProxyRequest, cx: RequestContext): Promise<ProxyResponse | UpstreamFailure> | UpstreamFailure {
    if (
      request.upgrade !== null ||
      this.#http1.ownOf(cx.client) !== null ||
      (this.#speaksHttp1 && this.#http1.idleCount > 0)
    )
      return this.#http1.send(request, cx)
    if (cx.aborted) return new UpstreamFailure('aborted', 'unsent', new Error('client left'))
    if (request.target === '' || UNSAFE_TARGET.test(request.target) || !isToken(request.method)) {
      return new UpstreamFailure('protocol', 'unsent', new Error('request can not be sent as HTTP/2'))
    }
    return new Promise((settle) => this.#route(new Http2Attempt(request, cx, this, settle)))
  }

  #route(attempt: Http2Attempt): void {
    for (const session of this.#sessions) {
      if (!session.usable) continue
      this.#sendOn(session, attempt)
      return
    }
    if (this.#speaksHttp1) this.#dialAlone(attempt)
    else this.#await(attempt)
  }

  again(attempt: Http2Attempt): void {
    this.#route(attempt)
  }

  bug(cause: unknown): void {
    this.#log.log('error', `Error in the exchange with ${this.#authority}`, { cause })
  }

  #sendOn(session: UpstreamSession, attempt: Http2Attempt): void {
    const { request } = attempt
    const reused = session.served > 0
    try {
      attempt.sendOn(session.request(this.#fields(request), request.content === null), session, reused)
    } catch (cause) {
      attempt.notConnected(new UpstreamFailure('protocol', 'unsent', cause))
    }
  }

  #fields(request: ProxyRequest): OutgoingHttpHeaders {
    const fields = outgoingFields(request.headers.lines, 'expect')
    const { content, method } = request
    if (content !== null) {
      if (content.length === null) delete fields['content-length']
      else fields['content-length'] = content.length
    } else if (SAYS_NO_CONTENT.has(method)) fields['content-length'] = 0
    else delete fields['content-length']
    fields[':method'] = method
    fields[':scheme'] = this.#target.tls === null ? 'http' : 'https'
    fields[':authority'] = request.authority === '' ? this.#authority : request.authority
    fields[':path'] = request.target
    return fields
  }

  /** Waits for the one connection that is being made. */
  #await(attempt: Http2Attempt): void {
    this.#waiting.add(attempt)
    attempt.cancelWait = () => {
      this.#waiting.delete(attempt)
      if (this.#waiting.size > 0) return
      this.#dial?.cancel()
      this.#dial = null
    }
    this.#dial ??= this.#connect((outcome) => {
      this.#dial = null
      const waiting = [...this.#waiting]
      this.#waiting.clear()
      for (const one of waiting) one.cancelWait = null
      if (outcome instanceof UpstreamFailure) {
        for (const one of waiting) one.notConnected(outcome)
        return
      }
      const [first, ...rest] = waiting
      if (first === undefined) {
        outcome.destroy()
        return
      }
      const session = this.#start(outcome, first)
      const go = () => {
        for (const one of rest) if (!one.settled) this.#route(one)
      }
      // What a server that takes few streams can't have at once goes to another connection.
      if (session === null || rest.length === 0) go()
      else session.whenGreeted(go)
    })
  }

  #dialAlone(attempt: Http2Attempt): void {
    const dial = this.#connect((outcome) => {
      attempt.cancelWait = null
      if (outcome instanceof UpstreamFailure) attempt.notConnected(outcome)
      else this.#start(outcome, attempt)
    })
    attempt.cancelWait = () => dial.cancel()
  }

  #connect(done: (outcome: Socket | UpstreamFailure) => void): Dial {
    return new Dial(this.#target, ['h2', 'http/1.1'], done)
  }

  /** Null: the server speaks HTTP/1.1. */
  #start(socket: Socket, attempt: Http2Attempt): UpstreamSession | null {
    if (this.#target.tls !== null && (socket as TLSSocket).alpnProtocol !== 'h2') {
      this.#speaksHttp1 = true
      this.#http1.sendOn(socket, attempt.request, attempt.cx, attempt.leave())
      return null
    }
    this.#speaksHttp1 = false
    const scheme = this.#target.tls === null ? 'http' : 'https'
    const session = new UpstreamSession(
      socket,
      `${scheme}://${this.#authority}`,
      this.#options,
      this.limits,
      (gone) => {
        const at = this.#sessions.indexOf(gone)
        if (at !== -1) this.#sessions.splice(at, 1)
      },
    )
    this.#sessions.push(session)
    this.#sendOn(session, attempt)
    if (this.#closing) session.close()
    return session
  }

  /** Takes no new connections; those there are end after their last exchange. */
  close(): void {
    this.#closing = true
    this.#http1.close()
    for (const session of [...this.#sessions]) session.close()
  }
}

const isToken = (text: string): boolean => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)

const SAYS_NO_CONTENT: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])
