import { type BodyFlow, type BodySink, BodyUsed, PushBody } from '../../../src/http/body.ts'
import type { Fields } from '../../../src/http/fields.ts'
import { isNative, type NativeSink } from '../http/native-sink.ts'
import type { Http1Connection } from './connection.ts'

/** Octets kept for content that nobody reads yet, before its connection pauses. */
const UNREAD = 64 * 1024
/** Kept chunks smaller than this share a buffer of this size. */
const SHARED = 4096

/** Content of a message that a connection receives: pushed from its socket to whoever pipes it, with back pressure. */
export class Http1Body extends PushBody implements BodyFlow {
  readonly length: number | null
  trailers: Fields | null = null
  used = false
  /** Somebody reads it, or has read it. */
  isRead = false
  /** Octets received. */
  received = 0
  /** The message is complete. */
  complete = false
  /** Null once it has no more say. */
  #source: Http1Connection | null
  #sink: BodySink | null = null
  #native: NativeSink | null = null
  #first: Buffer | string | null = null
  #rest: (Buffer | string)[] | null = null
  #queued = 0
  /** The buffer behind the last piece of `rest`, if more may be put into it, and how much of it is in use. */
  #open: Buffer | null = null
  #used = 0
  #cut: unknown = null
  #paused = false

  constructor(source: Http1Connection, length: number | null) {
    super()
    this.#source = source
    this.length = length
  }

  override pipe(sink: BodySink): BodyFlow {
    if (this.used) throw new BodyUsed()
    this.used = true
    this.isRead = true
    this.#sink = sink
    this.#native = isNative(sink) ? sink : null
    this.#source?.contentWanted()
    this.#pump()
    return this
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#pump()
  }

  override cancel(_reason?: unknown): void {
    if (this.used && this.#sink === null) return
    this.used = true
    this.#sink = null
    this.#native = null
    this.#first = null
    this.#rest = null
    this.#queued = 0
    const source = this.#source
    this.#source = null
    source?.contentCancelled(this)
  }

  /**
   * For the connection: octets `buffer[start, end)`; they may be overwritten later. Returns whether it may go on
   * reading.
   */
  deliver(buffer: Buffer, start: number, end: number): boolean {
    this.received += end - start
    if (this.#sink === null || this.#paused || this.#first !== null) {
      if (this.used && this.#sink === null) return true
      return this.#keepOctets(buffer, start, end)
    }
    const native = this.#native
    const chunk = buffer.subarray(start, end)
    if (native === null) return this.#pushed(this.#sink.write(Buffer.from(chunk)))
    if (this.#source?.ownsBuffer(buffer) !== true) return this.#pushed(native.write(Buffer.from(chunk)))
    const more = native.write(chunk)
    if (!native.flushed) this.#source?.bufferTaken()
    return this.#pushed(more)
  }

  /** Around the deliveries of one read: a peer that sends content in tiny chunks must not cost a write for each. */
  hold(): void {
    if (!this.#paused) this.#native?.hold()
  }

  release(): boolean {
    return this.#native === null || this.#pushed(this.#native.release())
  }

  /** As `deliver`, for octets that are latin1 text already. */
  deliverText(text: string): boolean {
    this.received += text.length
    if (this.#native === null || this.#paused || this.#first !== null) {
      if (this.used && this.#sink === null) return true
      return this.#sink === null || this.#paused || this.#first !== null
        ? this.#keep(text, text.length)
        : this.#pushed(this.#sink.write(Buffer.from(text, 'latin1')))
    }
    return this.#pushed(this.#native.writeText(text))
  }

  /** For the connection: the message is complete. */
  finish(trailers: Fields | null): void {
    this.trailers = trailers
    this.complete = true
    this.#source = null
    this.#close()
  }

  /** For the connection: nothing more comes. */
  cut(reason: unknown): void {
    if (this.complete || this.#cut !== null) return
    this.#cut = reason
    this.#source = null
    this.#close()
  }

  #pushed(more: boolean): boolean {
    if (!more) this.#paused = true
    return more
  }

  /** Chunks that a peer cut small are put together: kept apart each would cost a hundred times its size. */
  #keepOctets(buffer: Buffer, start: number, end: number): boolean {
    const length = end - start
    const open = this.#open
    const rest = this.#rest
    if (open === null || rest === null || this.#used + length > open.length) {
      if (this.#first === null || length >= SHARED) return this.#keep(Buffer.from(buffer.subarray(start, end)), length)
      const begun = Buffer.allocUnsafe(SHARED)
      buffer.copy(begun, 0, start, end)
      const more = this.#keep(begun.subarray(0, length), length)
      this.#open = begun
      this.#used = length
      return more
    }
    buffer.copy(open, this.#used, start, end)
    this.#used += length
    rest[rest.length - 1] = open.subarray(0, this.#used)
    this.#queued += length
    return !this.#paused && this.#queued < UNREAD
  }

  #keep(chunk: Buffer | string, length: number): boolean {
    this.#open = null
    if (this.#first === null) this.#first = chunk
    else if (this.#rest === null) this.#rest = [chunk]
    else this.#rest.push(chunk)
    this.#queued += length
    return !this.#paused && this.#queued < UNREAD
  }

  /** Empties what is kept into the sink, then lets the connection go on. */
  #pump(): void {
    while (this.#first !== null) {
      const sink = this.#sink
      if (sink === null) return
      const chunk = this.#first
      this.#first = this.#rest === null ? null : (this.#rest.shift() ?? null)
      if (this.#first === null) {
        this.#rest = null
        this.#open = null
      } else if (this.#rest?.length === 0) this.#open = null
      this.#queued -= chunk.length
      const more =
        typeof chunk !== 'string'
          ? sink.write(chunk)
          : this.#native !== null
            ? this.#native.writeText(chunk)
            : sink.write(Buffer.from(chunk, 'latin1'))
      if (!more) {
        this.#paused = true
        break
      }
    }
    if (this.#first === null && (this.complete || this.#cut !== null)) this.#close()
    else if (!this.#paused) this.#source?.resumeContent()
  }

  /** Tells the sink how it ended, once everything kept has gone there. A reset need not wait. */
  #close(): void {
    const sink = this.#sink
    if (sink === null || (this.#cut === null && this.#first !== null)) return
    this.#sink = null
    this.#native = null
    this.#first = null
    this.#rest = null
    if (this.complete) sink.end()
    else sink.fail(this.#cut)
  }
}
