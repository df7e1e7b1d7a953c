import { constants, type ServerHttp2Stream } from 'node:http2'
import type { BodyFlow, BodySink } from '../../../src/http/body.ts'
import { Fields } from '../../../src/http/fields.ts'
import { guessType, mayGuessType } from '../../../src/http/guess-type.ts'
import { LENGTH_OF_HEAD, prepareAnswer } from '../../../src/http/outgoing.ts'
import { bareReply, phraseReply } from '../../../src/http/replies.ts'
import { ProxyRequest } from '../../../src/http/request.ts'
import type { Client } from '../../../src/http/request-context.ts'
import type { ProxyResponse } from '../../../src/http/response.ts'
import type { Accept, EntryPointHttpOptions } from '../http/accept.ts'
import { asksToClose } from '../http/asks-to-close.ts'
import { httpDate } from '../http/date.ts'
import { MOST_INFORMATIONAL } from '../http/informational.ts'
import { NodeContext } from '../http/node-context.ts'
import { Timed, timers } from '../sockets/timer-wheel.ts'
import { breakOff, Http2Body, MessageEnd } from './http2-body.ts'
import { Refused, readRequestFields } from './incoming-fields.ts'
import { outgoingFields } from './outgoing-fields.ts'
import type { SmallFrames } from './small-frames.ts'

const { NGHTTP2_NO_ERROR } = constants

/** Frames. */
const MOST_WAITING = 64

/** What an exchange asks of its connection. */
export interface ExchangeOwner {
  readonly options: EntryPointHttpOptions
  readonly accept: Accept
  readonly client: Client
  readonly smallFrames: SmallFrames
  /** The answer asks for the connection to be closed. */
  closeRequested(): void
  /** `early`: the client gave it up before it was answered. */
  over(exchange: Http2Exchange, early: boolean): void
}

/** One request of a client on an HTTP/2 stream, and its answer; it is the sink of the answer's content. */
export class Http2Exchange extends Timed implements BodySink {
  readonly #stream: ServerHttp2Stream
  readonly #owner: ExchangeOwner
  readonly #messageEnd: MessageEnd
  #cx: NodeContext | null = null
  #body: Http2Body | null = null
  #response: ProxyResponse | null = null
  #flow: BodyFlow | null = null
  #head = false
  #method = ''
  #size = 0
  #sent = false
  #answered = false
  #declared = -1
  /** Octets of 1xx answers. */
  #informed = 0
  #readDeadline = 0
  #writeDeadline = 0

  constructor(stream: ServerHttp2Stream, owner: ExchangeOwner) {
    super()
    this.#stream = stream
    this.#owner = owner
    this.#messageEnd = new MessageEnd(stream, owner.smallFrames)
    stream.on('error', () => undefined)
    stream.on('aborted', () => this.#guard(() => this.#gone()))
    stream.on('close', () => this.#guard(() => this.#closed()))
    stream.on('drain', () => this.#guard(() => this.#flow?.resume()))
  }

  /** Exceptions of whoever makes or reads a body must not end the process. */
  #guard(act: () => void): void {
    try {
      act()
    } catch (reason) {
      this.#broken(reason)
    }
  }

  /** @param raw field lines; @param ended the request has no content */
  begin(raw: readonly string[], ended: boolean): void {
    const { options, accept, client } = this.#owner
    const now = timers.now()
    const head = readRequestFields(raw, options.maxHeaderFields, options.maxHeaderBytes + 4096)
    const stream = this.#stream
    if (!(head instanceof Refused) && !ended) {
      const wanted = head.expect.toLowerCase() === '100-continue' ? () => this.#inform(100, new Fields()) : null
      const unwanted = () => void stream.resume()
      this.#body = new Http2Body(stream, this.#messageEnd, head.length, wanted, unwanted, (reason) =>
        this.#broken(reason),
      )
      if (options.readTimeoutMs > 0) {
        this.#readDeadline = now + options.readTimeoutMs
        stream.on('end', () => {
          this.#readDeadline = 0
        })
      }
    }
    if (options.writeTimeoutMs > 0) this.#writeDeadline = now + options.writeTimeoutMs
    this.#watch()
    if (head instanceof Refused) {
      options.onRefused?.(head.status)
      this.#answer(phraseReply(head.status))
      return
    }
    this.#method = head.method
    if (head.method === 'CONNECT') {
      // As over HTTP/1.1: no tunnels.
      this.#answer(bareReply(501))
      return
    }
    if (head.target === '*') {
      this.#answer(bareReply(200))
      return
    }
    const request = new ProxyRequest(
      head.method,
      client.tls === null ? 'http' : 'https',
      head.authority,
      head.target,
      new Fields(head.lines),
      this.#body,
      null,
      'HTTP/2.0',
    )
    const cx = new NodeContext(options.entryPoint, client, now)
    cx.handling.informational = (status, fields) => this.#inform(status, fields)
    this.#cx = cx
    try {
      const response = accept(request, cx)
      if (response instanceof Promise) {
        response.then(
          (answer) => this.#guard(() => this.#guessed(answer)),
          (reason: unknown) => this.#broken(reason),
        )
      } else this.#guessed(response)
    } catch (reason) {
      this.#broken(reason)
    }
  }

  /** A bug: the guard at the entry point answers those of handlers; what gets here could not be answered. */
  #broken(reason: unknown): void {
    this.#owner.options.onBug?.(reason)
    if (this.#head) this.#reset()
    else this.#answer(bareReply(500))
  }

  #inform(status: number, fields: Fields): void {
    const stream = this.#stream
    if (this.#head || stream.closed || stream.destroyed || status < 100 || status > 199 || status === 101) return
    // As over HTTP/1.1; what waits for a client that does not read is all of its connection.
    if ((stream.session?.state.outboundQueueSize ?? 0) > MOST_WAITING) return
    for (const text of fields.lines) this.#informed += text.length
    if (this.#informed > MOST_INFORMATIONAL) return
    stream.additionalHeaders({ ...outgoingFields(fields.lines, 'content-length'), ':status': status })
  }

  /** As Go's server where nothing keeps it from guessing types (`Handling.guessesType`). */
  #guessed(response: ProxyResponse): void {
    const guesses = this.#cx?.handling.guessesType === true && mayGuessType(response, this.#method)
    const guessed = guesses ? guessType(response) : response
    if (!(guessed instanceof Promise)) this.#answer(guessed)
    else
      guessed.then(
        () => this.#guard(() => this.#answer(response)),
        (reason: unknown) => this.#broken(reason),
      )
  }

  #answer(response: ProxyResponse): void {
    const stream = this.#stream
    if (this.#head || stream.closed || stream.destroyed) {
      response.discard()
      return
    }
    this.#response = response
    this.#head = true
    // There is nothing to switch to in HTTP/2: 101 is no status either.
    const length = prepareAnswer(response, this.#method, 999)
    const { status, headers, content } = response
    const fields = outgoingFields(headers.lines, length >= 0 || length === LENGTH_OF_HEAD ? '' : 'content-length')
    if (length >= 0) {
      fields['content-length'] = length
      this.#declared = length
    }
    fields[':status'] = status
    fields.date ??= httpDate()
    if (asksToClose(headers)) this.#owner.closeRequested()
    if (content === null || content === '') {
      stream.respond(fields, { endStream: true })
      this.#done()
      return
    }
    if (typeof content === 'string') {
      stream.respond(fields)
      this.#size = this.#declared
      this.#sent = true
      stream.end(content, 'utf8', () => this.#guard(() => this.#done()))
      return
    }
    const body = content
    const waitForTrailers = body.length === null || body instanceof Http2Body
    if (waitForTrailers) stream.on('wantTrailers', () => this.#guard(() => this.#trailers(body.trailers)))
    stream.respond(fields, { waitForTrailers })
    const flow = body.pipe(this)
    if (this.#response === response && !this.#sent) this.#flow = flow
  }

  #trailers(trailers: Fields | null): void {
    this.#stream.sendTrailers(trailers === null ? {} : outgoingFields(trailers.lines, 'content-length'))
  }

  // ---- sink of the answer's content

  write(chunk: Uint8Array): boolean {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return true
    this.#size += chunk.length
    if (this.#declared >= 0 && this.#size > this.#declared) {
      this.#reset()
      return false
    }
    return stream.write(chunk)
  }

  end(): void {
    this.#flow = null
    this.#sent = true
    if (this.#declared >= 0 && this.#size !== this.#declared) {
      this.fail(null)
      return
    }
    if (this.#stream.closed) return
    this.#stream.end(() => this.#guard(() => this.#done()))
  }

  fail(_reason: unknown): void {
    this.#flow = null
    this.#reset()
  }

  #reset(): void {
    const flow = this.#flow
    this.#flow = null
    flow?.cancel()
    breakOff(this.#stream)
  }

  /** The answer has left. What the client still sends is not wanted (RFC 9113 §8.1). */
  #done(): void {
    if (this.#answered) return
    this.#answered = true
    this.#end(false)
    const body = this.#body
    if (body !== null && !body.complete) {
      body.cancel()
      // Only after what was written has left: a reset overtakes nothing, but Node would drop what waits.
      this.#stream.once('finish', () => {
        if (!this.#stream.closed) this.#stream.close(NGHTTP2_NO_ERROR)
      })
      if (this.#stream.writableFinished && !this.#stream.closed) this.#stream.close(NGHTTP2_NO_ERROR)
    }
  }

  /**
   * Where both sides have ended, Node may tell that the stream is closed before it tells that the last write is
   * finished.
   */
  #closed(): void {
    const stream = this.#stream
    if (this.#sent && !stream.aborted && stream.rstCode === NGHTTP2_NO_ERROR) this.#done()
    this.#gone()
  }

  /** The stream is over, one way or another. */
  #gone(): void {
    const early = !this.#answered
    this.#answered = true
    this.#head = true
    const flow = this.#flow
    this.#flow = null
    flow?.cancel()
    if (early) this.#cx?.abort()
    this.#end(early)
    timers.remove(this)
    this.#owner.over(this, early && !this.#sent)
  }

  #end(aborted: boolean): void {
    const cx = this.#cx
    if (cx === null) return
    this.#cx = null
    const response = this.#response
    const { attempt } = cx
    cx.attempt = null
    attempt?.abort()
    cx.end({
      status: response === null ? 499 : response.status,
      size: this.#size,
      requestSize: this.#body === null ? 0 : this.#body.received,
      aborted: aborted || cx.aborted,
    })
  }

  // ---- deadlines

  #watch(): void {
    const read = this.#readDeadline
    const write = this.#writeDeadline
    timers.set(this, read === 0 ? write : write === 0 ? read : Math.min(read, write))
  }

  override onDeadline(now: number): void {
    const due = (deadline: number) => deadline !== 0 && deadline <= now
    if (due(this.#readDeadline) || due(this.#writeDeadline)) this.#reset()
    else this.#watch()
  }
}
