// More than 400 lines, as it is one state machine: reading requests, answering them in order, and what ends either
// share the same few fields, and no half of them could be tested without the other.
import type { Socket } from 'node:net'
import type { BodyFlow } from '../../../src/http/body.ts'
import { Fields } from '../../../src/http/fields.ts'
import { guessType, mayGuessType } from '../../../src/http/guess-type.ts'
import type { MaybePromise } from '../../../src/http/maybe-promise.ts'
import { LENGTH_OF_HEAD, NO_CONTENT, prepareAnswer, UNTOLD_LENGTH } from '../../../src/http/outgoing.ts'
import { bareReply } from '../../../src/http/replies.ts'
import { ProxyRequest } from '../../../src/http/request.ts'
import type { Client, ExchangeEnd } from '../../../src/http/request-context.ts'
import type { ProxyResponse } from '../../../src/http/response.ts'
import type { Accept, EntryPointHttpOptions } from '../http/accept.ts'
import { asksToClose } from '../http/asks-to-close.ts'
import { ContentCut } from '../http/content-cut.ts'
import { MOST_INFORMATIONAL } from '../http/informational.ts'
import type { NativeSink } from '../http/native-sink.ts'
import { NodeContext } from '../http/node-context.ts'
import { hasToken } from '../http/octets.ts'
import { timers } from '../sockets/timer-wheel.ts'
import { BETWEEN, CHUNKED, DISCARD, FIXED, FLUSH_MS, HEAD, Http1Connection } from './connection.ts'
import { Http1Body } from './http1-body.ts'
import { BAD_REQUEST, HEAD_TOO_LARGE, parseRequestHead, Refusal, type RequestHead } from './request-head.ts'
import { CHUNKED_CONTENT, CLOSE_DELIMITED, informationalHead, type ResponseFraming, responseHead } from './serialise.ts'

/** Who wants to know of a server's connections, so that it can stop gracefully. */
export interface ConnectionTracker {
  readonly draining: boolean
  opened(connection: ServerConnection): void
  closed(connection: ServerConnection): void
}

/** Requests sent ahead of an answer wait up to this many octets before the socket pauses. */
const BACKLOG = 16 * 1024
/** Content that nobody wants is read up to here so that the connection can go on. */
const DRAIN = 256 * 1024
/** How long a closing connection still takes what the client sends, so that the answer is not lost to a reset. */
const LINGER_MS = 1000
const DRAIN_MS = 5000
/** How long an idle connection may still bring a request once the server stops. */
const LAST_REQUEST_MS = 1000

/** A client's connection: one request after the other, each answered in order. */
export class ServerConnection extends Http1Connection implements NativeSink {
  readonly native = true
  readonly #options: EntryPointHttpOptions
  readonly #accept: Accept
  readonly #client: Client
  readonly #tracker: ConnectionTracker | null
  readonly #opened: number
  readonly #respond = (response: ProxyResponse): void => {
    try {
      this.#answer(response)
    } catch (reason) {
      this.#broken(reason)
    }
  }
  readonly #writeLate = (response: ProxyResponse): void => {
    if (this.closed || this.#head === null || this.#headSent) response.discard()
    else this.#write(this.#head, response)
  }
  readonly #failed = (reason: unknown): void => this.#broken(reason)
  readonly #resumeBacklog = (): void => this.#takeBacklog()
  readonly #informational = (status: number, fields: Fields): void => this.#inform(status, fields)
  #head: RequestHead | null = null
  #cx: NodeContext | null = null
  #body: Http1Body | null = null
  #request: ProxyRequest | null = null
  #response: ProxyResponse | null = null
  #flow: BodyFlow | null = null
  #backlog: Buffer | null = null
  /** The backlog that is being taken: what is left of it needs no copy. */
  #sentAhead: Buffer | null = null
  #requests = 0
  #persistent = true
  #headSent = false
  /** Octets of 1xx answers to the current request. */
  #informed = 0
  /** The whole answer has been written, though it may wait in memory. */
  #sent = false
  /** Octets of content that the head promised; negative when it did not. */
  #declared = -1
  /** The answer is complete, but the request's content is not. */
  #draining = false
  #owesContinue = false
  #writeDeadline = 0
  #readDeadline = 0
  #lingering = false

  constructor(
    socket: Socket,
    options: EntryPointHttpOptions,
    accept: Accept,
    client: Client,
    tracker: ConnectionTracker | null,
  ) {
    super(socket, options.maxHeaderBytes + 4096)
    this.#options = options
    this.#accept = accept
    this.#client = client
    this.#tracker = tracker
    this.#opened = timers.now()
  }

  /** Starts to serve; `first` are octets that were read from the socket already. */
  serve(first: Buffer | null): void {
    this.#tracker?.opened(this)
    this.#readBy(this.#opened + this.#options.readTimeoutMs, this.#options.readTimeoutMs)
    this.attach()
    if (first !== null && first.length > 0) this.onRead(first, first.length)
  }

  /** No request is being read or answered. */
  get idle(): boolean {
    return this.#head === null && !this.partialHead && !this.#lingering && this.#backlog === null
  }

  /**
   * Ends when the current exchange does. A request may be on its way on an idle connection: it would be lost, and only
   * the answer to it can tell the client not to send another (RFC 9112 §9.6). So such a connection waits for one a
   * moment.
   */
  drain(): void {
    this.#persistent = false
    if (this.idle) timers.set(this, timers.now() + LAST_REQUEST_MS)
  }

  // ---- receiving

  protected override startLineFits(line: string): boolean {
    return / HTTP\/[0-9]\.[0-9]$/.test(line)
  }

  protected override headStarted(): void {
    this.#readBy(timers.now() + this.#options.readTimeoutMs, this.#options.readTimeoutMs)
  }

  protected override takeHead(text: string, end: number): void {
    const head = parseRequestHead(text, end, this.#options.maxHeaderFields)
    if (head instanceof Refusal) {
      this.#refuse(head)
      return
    }
    const now = timers.now()
    this.#head = head
    this.#requests++
    this.#headSent = false
    this.#informed = 0
    let body: Http1Body | null = null
    if (head.length === 0) {
      this.phase = BETWEEN
      this.#readDeadline = 0
    } else {
      body = new Http1Body(this, head.length === -1 ? null : head.length)
      this.expectContent(body, head.length === -1 ? CHUNKED : FIXED, head.length)
      if (this.#options.readTimeoutMs > 0 && this.#readDeadline === 0) {
        this.#readDeadline = now + this.#options.readTimeoutMs
      }
    }
    this.#body = body
    this.#writeDeadline = this.#options.writeTimeoutMs > 0 ? now + this.#options.writeTimeoutMs : 0
    this.#watch()
    const secure = this.#client.tls !== null
    this.#request = new ProxyRequest(
      head.method,
      secure ? 'https' : 'http',
      head.authority,
      head.target,
      new Fields(head.lines),
      body,
      head.upgrade,
      head.http11 ? 'HTTP/1.1' : 'HTTP/1.0',
    )
    const cx = new NodeContext(this.#options.entryPoint, this.#client, now)
    if (head.http11) cx.handling.informational = this.#informational
    this.#cx = cx
    this.fresh = true
  }

  protected override begin(): void {
    const head = this.#head!
    const request = this.#request!
    const cx = this.#cx!
    this.#request = null
    if (head.expect !== '') {
      if (!hasToken(head.expect, '100-continue')) {
        this.#persistent = false
        this.#answer(bareReply(417))
        return
      }
      this.#owesContinue = head.http11 && this.#body !== null && !this.#body.complete && this.#body.received === 0
    }
    if (head.method === 'CONNECT') {
      // A tunnel to the authority is refused before routing, and what follows is no request of ours.
      this.#persistent = false
      this.#answer(bareReply(501))
      return
    }
    if (head.target === '*') {
      this.#answer(bareReply(200))
      return
    }
    let response: MaybePromise<ProxyResponse>
    try {
      response = this.#accept(request, cx)
    } catch (reason) {
      this.#broken(reason)
      return
    }
    if (response instanceof Promise) response.then(this.#respond, this.#failed)
    else this.#respond(response)
  }

  /** A bug of a handler: the guard at the entry point answers those; what gets here could not be answered. */
  #broken(reason: unknown): void {
    this.bug(reason)
    if (this.#cx === null) return
    if (this.writer.started || this.#headSent) this.socket.destroy()
    else {
      this.writer.discard()
      this.#persistent = false
      this.#answer(bareReply(500))
    }
  }

  protected override messageEnd(): void {
    this.phase = BETWEEN
    this.#readDeadline = 0
    this.#watch()
    if (this.#draining) {
      this.#draining = false
      this.#done()
    }
  }

  protected override contentBroken(): void {
    this.#persistent = false
    this.cutContent(new ContentCut(true))
    if (this.#draining) this.#close()
  }

  protected override refuseHead(tooLarge: boolean): void {
    this.#refuse(tooLarge ? HEAD_TOO_LARGE : BAD_REQUEST)
  }

  #refuse(refusal: Refusal): void {
    this.#persistent = false
    this.phase = DISCARD
    const { status, reason, text } = refusal
    this.#options.onRefused?.(status)
    this.socket.write(
      `HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${text}`,
      'latin1',
    )
    this.#linger()
  }

  protected override unexpected(buffer: Buffer, start: number, end: number): void {
    const more = buffer.subarray(start, end)
    if (this.#backlog !== null) this.#backlog = Buffer.concat([this.#backlog, more])
    else this.#backlog = buffer === this.#sentAhead ? more : Buffer.from(more)
    if (this.#backlog.length >= BACKLOG) this.pauseReading()
  }

  protected override peerEnded(): void {
    if (this.#head === null) {
      this.#hangUp()
      return
    }
    // As Traefik: a client that ends its side in the middle of an exchange has left.
    this.#persistent = false
    this.cutContent(new ContentCut(false))
    if (this.#draining) this.#close()
    else if (this.#headSent) this.socket.destroy()
    else this.#cx?.abort()
  }

  protected override gone(): void {
    const cx = this.#cx
    if (cx !== null && this.other === null) {
      this.#flow?.cancel()
      cx.abort()
    }
    this.#endExchange(this.other === null)
    this.other = null
    this.#tracker?.closed(this)
  }

  override contentWanted(): void {
    if (!this.#owesContinue || this.closed) return
    this.#owesContinue = false
    if (!this.#headSent) this.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')
  }

  override contentCancelled(content: Http1Body): void {
    if (content !== this.content) return
    this.content = null
    this.resumeContent()
  }

  // ---- answering

  #inform(status: number, fields: Fields): void {
    if (this.closed || this.#cx === null || this.#headSent || status < 100 || status > 199 || status === 101) return
    if (status === 100) this.#owesContinue = false
    // They only help: what a client does not read, or a server sends without end, is left out.
    if (this.socket.writableNeedDrain) return
    const text = informationalHead(status, fields)
    this.#informed += text.length
    if (this.#informed <= MOST_INFORMATIONAL) this.socket.write(text, 'latin1')
  }

  #answer(response: ProxyResponse): void {
    const head = this.#head
    if (this.closed || head === null || this.#headSent) {
      response.discard()
      return
    }
    const body = this.#body
    if (this.phase === DISCARD && body !== null && !body.complete) {
      // The request's content broke the grammar: that is the answer, whatever a server made of it.
      response.discard()
      this.#persistent = false
      this.#write(head, bareReply(400))
      return
    }
    if (response.status === 101) this.#switch(response)
    else if (this.#cx?.handling.guessesType && mayGuessType(response, head.method)) this.#writeGuessed(head, response)
    else this.#write(head, response)
  }

  /** As Go's server where nothing keeps it from that (`Handling.guessesType`). */
  #writeGuessed(head: RequestHead, response: ProxyResponse): void {
    const guessed = guessType(response)
    if (!(guessed instanceof Promise)) this.#write(head, guessed)
    else guessed.then(this.#writeLate, this.#failed)
  }

  #write(head: RequestHead, response: ProxyResponse): void {
    this.#response = response
    this.#headSent = true
    this.#sent = false
    const told = prepareAnswer(response, head.method, 999)
    const { status, content } = response
    // RFC 9110 §15.4.5; so does Go's server over HTTP/1.1.
    if (status === 304) response.headers.delete('content-type')
    const persistent = this.#staysOpen(head, response)
    let length = told
    if (told === UNTOLD_LENGTH) length = head.http11 ? CHUNKED_CONTENT : CLOSE_DELIMITED
    else if (told === LENGTH_OF_HEAD) length = NO_CONTENT
    this.#declared = length
    const open = persistent && length !== CLOSE_DELIMITED
    this.#persistent = open
    framing.http11 = head.http11
    framing.length = length
    framing.keepLength = told === LENGTH_OF_HEAD
    framing.connection = open ? (head.http11 ? '' : 'keep-alive') : head.http11 ? 'close' : ''
    const { writer } = this
    writer.head(responseHead(status, response.headers, response.reason, framing), length === CHUNKED_CONTENT)
    if (content === null || typeof content === 'string') {
      if (content !== null && content !== '') writer.writeText(latin1(content))
      this.end()
      return
    }
    writer.hold()
    const flow = content.pipe(this)
    if (this.#response !== response) return
    this.#flow = flow
    if (!this.#sent) writer.release()
  }

  #staysOpen(head: RequestHead, response: ProxyResponse): boolean {
    const { keepAliveMaxRequests, keepAliveMaxTimeMs } = this.#options
    if (!this.#persistent || !head.persistent || this.#tracker?.draining === true) return false
    if (keepAliveMaxRequests > 0 && this.#requests >= keepAliveMaxRequests) return false
    if (keepAliveMaxTimeMs > 0 && this.#cx!.start - this.#opened >= keepAliveMaxTimeMs) return false
    if (asksToClose(response.headers)) return false
    const body = this.#body
    if (body === null || body.complete) return true
    // Content that nobody will read: a little is drained, much is not.
    if (this.#owesContinue) return false
    return (this.content !== null && body.used) || (body.length !== null && body.length - body.received <= DRAIN)
  }

  get flushed(): boolean {
    return this.writer.flushed
  }

  write(chunk: Uint8Array): boolean {
    if (this.#exceeds(chunk.length)) return false
    return this.writer.write(chunk)
  }

  writeText(text: string): boolean {
    if (this.#exceeds(text.length)) return false
    return this.writer.writeText(text)
  }

  hold(): void {
    this.writer.hold()
  }

  release(): boolean {
    return this.writer.release()
  }

  /** More content than the head said would be read as the next answer. */
  #exceeds(length: number): boolean {
    if (this.#declared < 0 || this.writer.size + length <= this.#declared) return false
    this.socket.destroy()
    return true
  }

  end(): void {
    const response = this.#response
    if (response === null || this.closed) return
    if (this.#declared >= 0 && this.writer.size !== this.#declared) {
      this.fail(null)
      return
    }
    const { content } = response
    this.#sent = true
    this.writer.end(content === null || typeof content === 'string' ? null : content.trailers)
    this.writer.release()
    if (!this.socket.writableNeedDrain) this.#answered()
  }

  fail(_reason: unknown): void {
    // Nothing may look complete that is not; what has not left yet need not leave.
    this.#flow = null
    this.writer.discard()
    // Where the end of the connection is the end of the content, only a reset tells the difference.
    if (this.#declared === CLOSE_DELIMITED && this.#client.tls === null) this.socket.resetAndDestroy()
    else this.socket.destroy()
  }

  protected override drained(): void {
    if (this.#response === null) return
    if (this.#sent) this.#answered()
    else this.#flow?.resume()
  }

  /** The whole answer has been handed over. */
  #answered(): void {
    const body = this.#body
    this.#endExchange(false)
    if (body !== null && !body.complete) {
      body.cancel()
      if (!this.#persistent || this.phase !== FIXED || this.remaining > DRAIN) this.#close()
      else {
        this.#draining = true
        this.#readBy(timers.now() + DRAIN_MS, DRAIN_MS)
      }
      return
    }
    this.#done()
  }

  #endExchange(aborted: boolean): void {
    const cx = this.#cx
    if (cx === null) return
    this.#cx = null
    const response = this.#response
    const body = this.#body
    const end: ExchangeEnd = {
      status: response === null ? 499 : response.status,
      size: this.other !== null ? this.other.received : response === null ? 0 : this.writer.size,
      // What nobody reads is no content of the exchange, though it may have come.
      requestSize: this.other !== null ? this.received : body?.isRead === true ? body.received : 0,
      aborted: aborted || cx.aborted,
    }
    this.#response = null
    this.#body = null
    this.#flow = null
    this.#writeDeadline = 0
    // An attempt that is still under way here has an answer that nobody reads any more.
    const { attempt } = cx
    cx.attempt = null
    attempt?.abort()
    cx.end(end)
  }

  /** Both messages are complete: the next request, or the end. */
  #done(): void {
    this.#head = null
    this.#headSent = false
    if (!this.#persistent || this.#tracker?.draining === true) {
      this.#close()
      return
    }
    if (this.#backlog !== null) {
      // Not at once: a client may have sent very many requests ahead.
      this.phase = BETWEEN
      setImmediate(this.#resumeBacklog)
      return
    }
    this.phase = HEAD
    const { idleTimeoutMs, readTimeoutMs } = this.#options
    const idle = idleTimeoutMs || readTimeoutMs
    this.#readDeadline = 0
    this.#idle(idle)
    this.resumeContent()
  }

  #takeBacklog(): void {
    const backlog = this.#backlog
    if (this.closed || backlog === null) return
    this.#backlog = null
    if (!this.#persistent) {
      this.#close()
      return
    }
    this.phase = HEAD
    this.#sentAhead = backlog
    this.onRead(backlog, backlog.length)
    this.#sentAhead = null
    if (this.#backlogLength() < BACKLOG) this.resumeContent()
  }

  #backlogLength(): number {
    return this.#backlog === null ? 0 : this.#backlog.length
  }

  #idle(ms: number): void {
    timers.set(this, ms > 0 ? timers.now() + ms : 0)
  }

  #close(): void {
    this.#head = null
    if (this.#backlog !== null || this.phase !== BETWEEN) {
      this.phase = DISCARD
      this.#linger()
    } else this.#hangUp()
  }

  /** Closes after what was written; where it has all left, one system call does. */
  #hangUp(): void {
    const { socket } = this
    if (socket.writableLength === 0 && this.#client.tls === null) socket.destroy()
    else socket.destroySoon()
  }

  /** Ends our side and takes what the client still sends for a moment: a reset could destroy the answer on its way. */
  #linger(): void {
    if (this.#lingering) return
    this.#lingering = true
    this.#backlog = null
    this.phase = DISCARD
    timers.set(this, timers.now() + FLUSH_MS)
    this.socket.end(() => {
      if (!this.closed) timers.set(this, timers.now() + LINGER_MS)
    })
    this.resumeContent()
  }

  protected override endTunnel(): void {
    if (this.socket.readableEnded) super.endTunnel()
    else this.#linger()
  }

  // ---- upgrades

  #switch(response: ProxyResponse): void {
    const { upgraded } = response
    if (!(upgraded instanceof Http1Connection)) {
      this.#write(this.#head!, bareReply(500))
      return
    }
    const { headers } = response
    const protocol = this.#head!.upgrade
    if (protocol === null || !hasToken(headers.get('upgrade') ?? protocol, protocol.toLowerCase())) {
      upgraded.socket.destroy()
      this.#write(this.#head!, bareReply(500))
      return
    }
    if (!headers.has('upgrade')) headers.append('Upgrade', protocol)
    this.#response = response
    this.#headSent = true
    this.#readDeadline = 0
    this.#writeDeadline = 0
    // What came before the switch is no data of the tunnel.
    this.#backlog = null
    framing.http11 = true
    framing.length = NO_CONTENT
    framing.keepLength = false
    framing.connection = 'Upgrade'
    this.writer.head(responseHead(101, headers, response.reason, framing), false)
    this.writer.flush()
    this.readOnAfterFailedWrite()
    this.tunnelTo(upgraded)
    upgraded.tunnelTo(this)
  }

  protected override bug(reason: unknown): void {
    this.#options.onBug?.(reason)
  }

  // ---- deadlines

  #readBy(deadline: number, ms: number): void {
    this.#readDeadline = ms > 0 ? deadline : 0
    this.#watch()
  }

  #watch(): void {
    const read = this.#readDeadline
    const write = this.#writeDeadline
    timers.set(this, read === 0 ? write : write === 0 ? read : Math.min(read, write))
  }

  override onDeadline(): void {
    this.socket.destroy()
  }
}

/** One object for all heads: it is read before the next one is written. */
const framing: { -readonly [K in keyof ResponseFraming]: ResponseFraming[K] } = {
  http11: true,
  length: 0,
  keepLength: false,
  connection: '',
}

/** A text of our own as the octets of its UTF-8 form. */
function latin1(text: string): string {
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}
