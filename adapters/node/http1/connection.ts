// More than 400 lines, as it is one state machine: what is read next, who takes it and when reading pauses share the
// same few fields, and each octet may change all of them.
import type { Socket } from 'node:net'
import { ContentCut } from '../http/content-cut.ts'
import { endedBefore, readOnAfterFailedWrite } from '../sockets/failed-writes.ts'
import {
  borrowBuffer,
  type Reader,
  readsTo,
  replaceBuffer,
  returnBuffer,
  sharedBuffer,
} from '../sockets/socket-reads.ts'
import { Timed, timers } from '../sockets/timer-wheel.ts'
import { ChunkedDecoder, type ChunkedTarget } from './chunked.ts'
import { HeadBuffer, headEnd } from './head-buffer.ts'
import type { Http1Body } from './http1-body.ts'
import { MessageWriter } from './message-writer.ts'

/** What the next octets are. */
export const HEAD = 0
export const FIXED = 1
export const CHUNKED = 2
export const UNTIL_CLOSE = 3
/** Nothing is expected: between two messages, or while the other direction is at work. */
export const BETWEEN = 4
export const TUNNEL = 5
/** Whatever comes is thrown away. */
export const DISCARD = 6

/** Reads of at least this much make a connection get a buffer of its own. */
const BULK = 16 * 1024

/**
 * More chunks than that in a read and others get their turn before the next one: a peer may send them octet by octet.
 */
const MANY_CHUNKS = 256

/** What is still to be sent when a connection is over may take so long. */
export const FLUSH_MS = 10_000

/** Reads up to this size are turned into one text, which holds head and content. */
const TEXT = 8 * 1024

/**
 * One end of an HTTP/1.1 connection, whichever side we are: takes octets from its socket, finds heads, frames content
 * and pushes it to the message's body, pauses for back pressure, and writes messages.
 */
export abstract class Http1Connection extends Timed implements Reader, ChunkedTarget {
  readonly socket: Socket
  readonly writer: MessageWriter
  nextBuffer: Buffer | null = null
  protected phase = HEAD
  /** Content of the message that is being received; null between messages and when it has none. */
  protected content: Http1Body | null = null
  protected remaining = 0
  /** A head was taken and `begin` is due. */
  protected fresh = false
  protected closed = false
  protected other: Http1Connection | null = null
  /** Why nothing can be sent any more, while what the peer has sent is still read; null: all is well. */
  protected sendError: Error | null = null
  /** Octets that came through a tunnel. */
  received = 0
  #decoder: ChunkedDecoder | null = null
  #partial: HeadBuffer | null = null
  #own: Buffer | null = null
  #goOn = true
  #reading = true
  /** The last read was one of very many chunks. */
  #crumbs = false
  /** Others have their turn before the next read. */
  #yielding = false
  readonly #headLimit: number

  /** @param headLimit octets of a head */
  constructor(socket: Socket, headLimit: number) {
    super()
    this.socket = socket
    this.#headLimit = headLimit
    this.writer = new MessageWriter(socket)
  }

  /** A head ends at `end` in `text`; sets phase and content. */
  protected abstract takeHead(text: string, end: number): void
  /** A head that can't be taken: too large, or no HTTP. */
  protected abstract refuseHead(tooLarge: boolean): void
  /** Head and what came with it were taken. */
  protected abstract begin(): void
  /** The message that was being received is complete; phase and content are for the subclass to set. */
  protected abstract messageEnd(): void
  /** Content broke the grammar. */
  protected abstract contentBroken(): void
  /** Octets in phase BETWEEN. */
  protected abstract unexpected(buffer: Buffer, start: number, end: number): void
  /** The peer ends its sending side. */
  protected abstract peerEnded(): void
  /** The socket is gone. */
  protected abstract gone(error: Error | null): void
  /** What was written has drained. */
  protected abstract drained(): void
  /** An exception, which is a bug of ours or of whoever reads a body: it is reported, and the connection ends. */
  protected abstract bug(reason: unknown): void
  /** A body that is being received was given up. */
  abstract contentCancelled(content: Http1Body): void
  /** Somebody wants to read a body that is being received. */
  abstract contentWanted(): void

  /** Whether what the peer sends is taken, and not held back for who reads it. */
  protected get isReading(): boolean {
    return this.#reading
  }

  /** Starts to listen to the socket. */
  protected attach(): void {
    const { socket } = this
    let error: Error | null = null
    socket.on('error', (reason: Error) => {
      error = reason
    })
    socket.on('end', () => this.#guard(() => this.#ended()))
    socket.on('drain', () => this.#guard(() => (this.other !== null ? this.other.resumeContent() : this.drained())))
    socket.on('close', () => {
      this.closed = true
      timers.remove(this)
      this.#partial?.release()
      if (this.#own !== null) returnBuffer(null)
      this.#own = null
      if (this.other?.closed === false) this.other.endTunnel()
      if (this.content !== null) this.#guard(() => this.cutContent(new ContentCut(false)))
      this.#guard(() => this.gone(error))
    })
    readsTo(socket, this)
  }

  /** From now on a failed write ends only sending: what the peer has sent is read to its end. */
  protected readOnAfterFailedWrite(): void {
    readOnAfterFailedWrite(this.socket, (error) => {
      if (this.closed) return
      this.sendError = error
      this.#guard(() => this.sendingFailed(error))
    })
  }

  /** Nothing can be sent any more; the socket is read on. */
  protected sendingFailed(_error: Error): void {
    // In a tunnel the end of reading is enough.
  }

  /**
   * The other end of the tunnel is gone: what came from there leaves, however quick that was, and then this end closes.
   */
  protected endTunnel(): void {
    timers.set(this, timers.now() + FLUSH_MS)
    this.socket.destroySoon()
  }

  /** Whatever reads a body runs inside events of this socket: its exceptions must not end the process. */
  #guard(act: () => void): void {
    try {
      act()
    } catch (reason) {
      this.#stumble(reason)
    }
  }

  #stumble(reason: unknown): void {
    this.bug(reason)
    this.socket.destroy()
  }

  onRead(buffer: Buffer, length: number): void {
    try {
      this.consume(buffer, 0, length)
    } catch (reason) {
      this.#stumble(reason)
    }
    const { phase } = this
    if (this.#crumbs) this.#yield()
    const bulk = phase !== HEAD && phase !== BETWEEN && phase !== DISCARD && !this.#crumbs
    if (this.#own === null) {
      if (!bulk || length < BULK || buffer !== sharedBuffer) return
      this.#own = borrowBuffer()
      this.nextBuffer = this.#own
    } else if (!bulk && !this.closed) {
      // Given back only here, where the socket is about to get another one, and only when no write refers to it.
      returnBuffer(this.#own === buffer ? buffer : null)
      this.#own = null
      this.nextBuffer = sharedBuffer
    }
  }

  /** Takes octets as if they had been read. */
  protected consume(buffer: Buffer, start: number, end: number): void {
    let at = start
    while (at < end && !this.closed) {
      switch (this.phase) {
        case HEAD:
          at = this.#head(buffer, at, end)
          break
        case FIXED: {
          const length = Math.min(end - at, this.remaining)
          this.remaining -= length
          this.#deliver(buffer, at, at + length)
          at += length
          if (this.remaining === 0 && this.phase === FIXED) this.#complete(null)
          break
        }
        case CHUNKED: {
          const decoder = this.#decoder!
          const { content } = this
          content?.hold()
          const before = decoder.chunks
          at = decoder.decode(buffer, at, end, this)
          this.#crumbs = decoder.chunks - before > MANY_CHUNKS
          if (this.phase !== CHUNKED) break
          if (decoder.done) {
            // Completed first, so that what ends the content leaves with its last octets.
            this.#complete(decoder)
            content?.release()
          } else if (!decoder.broken) {
            if (content?.release() === false) this.#goOn = false
          } else {
            this.phase = DISCARD
            this.contentBroken()
          }
          break
        }
        case UNTIL_CLOSE:
          this.#deliver(buffer, at, end)
          at = end
          break
        case BETWEEN:
          this.unexpected(buffer, at, end)
          at = end
          break
        case TUNNEL:
          this.#tunnel(buffer, at, end)
          at = end
          break
        default:
          at = end
      }
    }
    if (this.fresh) {
      this.fresh = false
      this.begin()
    }
    if (!this.#goOn && this.#reading) this.pauseReading()
  }

  chunkData(buffer: Buffer, start: number, end: number): void {
    this.#deliver(buffer, start, end)
  }

  #deliver(buffer: Buffer, start: number, end: number): void {
    if (this.content !== null && !this.content.deliver(buffer, start, end)) this.#goOn = false
  }

  /** Sets the framing of the content that follows: bytes, or one of the phases. */
  protected expectContent(content: Http1Body, phase: number, length: number): void {
    this.content = content
    this.phase = phase
    this.remaining = length
    if (phase === CHUNKED) {
      this.#decoder ??= new ChunkedDecoder()
      this.#decoder.reset()
    }
  }

  /** A message is complete: its body is told after the connection is ready for what comes next. */
  #complete(decoder: ChunkedDecoder | null): void {
    const { content } = this
    this.content = null
    this.#goOn = true
    this.messageEnd()
    content?.finish(decoder === null ? null : decoder.trailers)
  }

  #head(buffer: Buffer, at: number, end: number): number {
    if (this.#partial !== null) return this.#continueHead(this.#partial, buffer, at, end)
    const length = end - at
    if (length <= TEXT) {
      const text = buffer.toString('latin1', at, end)
      const found = text.indexOf('\r\n\r\n')
      if (found === -1) return this.#startPartial(buffer, at, end)
      if (found > this.#headLimit) {
        this.refuseHead(true)
        return end
      }
      this.takeHead(text, found)
      return this.#textContent(text, found + 4, at)
    }
    const found = headEnd(buffer, at, end)
    if (found === -1) return this.#startPartial(buffer, at, end)
    if (found - at > this.#headLimit) this.refuseHead(true)
    else this.takeHead(buffer.toString('latin1', at, found + 4), found - at)
    return found + 4
  }

  /** Small content that came whole with its head stays the text it already is. */
  #textContent(text: string, headLength: number, at: number): number {
    const rest = text.length - headLength
    if (rest > 0 && this.phase === FIXED && rest <= this.remaining && this.content !== null) {
      this.remaining -= rest
      if (!this.content.deliverText(text.slice(headLength))) this.#goOn = false
      if (this.remaining === 0) this.#complete(null)
      return at + text.length
    }
    return at + headLength
  }

  #startPartial(buffer: Buffer, at: number, end: number): number {
    const partial = new HeadBuffer()
    this.#partial = partial
    this.headStarted()
    return this.#continueHead(partial, buffer, at, end)
  }

  /** The first octets of a head came, but not all. */
  protected headStarted(): void {
    // Only servers count the time of a head.
  }

  #continueHead(partial: HeadBuffer, buffer: Buffer, at: number, end: number): number {
    const used = partial.append(buffer, at, end, this.#headLimit + 4)
    if (partial.complete) {
      this.#partial = null
      const text = partial.text()
      partial.release()
      this.takeHead(text, partial.length - 4)
      return at + used
    }
    const line = partial.takeStartLine()
    const hopeless = partial.hopeless || (line !== null && !this.startLineFits(line))
    if (hopeless || partial.crowded || partial.length > this.#headLimit) {
      this.#partial = null
      partial.release()
      this.refuseHead(!hopeless)
    }
    return end
  }

  /**
   * Whether a head may begin with that line: a client of another protocol is told so at once, not after its time limit.
   */
  protected startLineFits(_line: string): boolean {
    return true
  }

  /** Whether a head has begun to arrive. */
  protected get partialHead(): boolean {
    return this.#partial !== null
  }

  /** Whether a buffer is this connection's alone. */
  ownsBuffer(buffer: Buffer): boolean {
    return buffer === this.#own || buffer !== sharedBuffer
  }

  /** A write still refers to the connection's buffer: the next read needs another. */
  bufferTaken(): void {
    if (this.#own === null) return
    this.#own = replaceBuffer()
    this.nextBuffer = this.#own
  }

  pauseReading(): void {
    if (!this.#reading) return
    this.#reading = false
    this.socket.pause()
  }

  /** Reads on, after a pause for back pressure. */
  resumeContent(): void {
    this.#goOn = true
    if (this.#reading || this.#yielding) return
    this.#reading = true
    if (!this.closed) this.socket.resume()
  }

  /** By itself Node reads from one socket up to 32 times before it looks at another. */
  #yield(): void {
    if (this.#yielding || this.closed) return
    this.#yielding = true
    this.#reading = false
    this.socket.pause()
    setImmediate(Http1Connection.#readOn, this)
  }

  static #readOn(connection: Http1Connection): void {
    connection.#yielding = false
    connection.#crumbs = false
    if (connection.#goOn) connection.resumeContent()
  }

  #ended(): void {
    const { other } = this
    if (other?.closed === false) {
      // One direction of a tunnel is over; both are where nothing can be sent in the other one.
      if (this.sendError !== null) this.socket.destroy()
      else other.socket.end()
      return
    }
    if (this.phase === UNTIL_CLOSE && (this.sendError === null || endedBefore(this.sendError))) {
      this.#complete(null)
      return
    }
    this.peerEnded()
  }

  protected cutContent(reason: unknown): void {
    const { content } = this
    this.content = null
    content?.cut(reason)
  }

  /** From now on octets go to and come from `other` untouched. */
  tunnelTo(other: Http1Connection): void {
    timers.remove(this)
    this.phase = TUNNEL
    this.other = other
    this.resumeContent()
  }

  #tunnel(buffer: Buffer, start: number, end: number): void {
    const chunk = buffer.subarray(start, end)
    this.received += end - start
    const sink = this.other!.socket
    if (!this.ownsBuffer(buffer)) {
      if (!sink.write(Buffer.from(chunk))) this.#goOn = false
      return
    }
    if (!sink.write(chunk)) this.#goOn = false
    if (sink.writableLength > 0) this.bufferTaken()
  }
}
