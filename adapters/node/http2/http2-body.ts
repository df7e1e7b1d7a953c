import type { Http2Stream } from 'node:http2'
import { type BodyFlow, type BodySink, BodyUsed, PushBody } from '../../../src/http/body.ts'
import type { Fields } from '../../../src/http/fields.ts'
import { ContentCut } from '../http/content-cut.ts'
import { trailerFields } from './incoming-fields.ts'
import { SMALL_FRAME, type SmallFrames } from './small-frames.ts'

/** Small frames that are passed on as they come: most messages have fewer. */
const FEW = 16
/** Octets of small frames that are put together. */
const GATHERED = 4096

/**
 * Content of a message on an HTTP/2 stream, pushed to whoever pipes it; flow control is the stream's. It is complete
 * only when END_STREAM came: a reset is none, whatever its code.
 */
export class Http2Body extends PushBody implements BodyFlow {
  readonly length: number | null
  trailers: Fields | null = null
  used = false
  /** Octets received. */
  received = 0
  /** The message is complete. */
  complete = false
  readonly #stream: Http2Stream
  readonly #messageEnd: MessageEnd
  readonly #wanted: (() => void) | null
  readonly #unwanted: () => void
  readonly #bug: (reason: unknown) => void
  #sink: BodySink | null = null
  #cut = false
  /** Small frames so far. */
  #small = 0
  /** Small ones of this turn, and how much of it is in use. */
  #gathered: Buffer | null = null
  #used = 0

  /**
   * @param end of the message on this stream
   * @param wanted called once, when somebody begins to read
   * @param unwanted called when the rest is given up
   * @param bug hears of what a reader throws
   */
  constructor(
    stream: Http2Stream,
    end: MessageEnd,
    length: number | null,
    wanted: (() => void) | null,
    unwanted: () => void,
    bug: (reason: unknown) => void,
  ) {
    super()
    this.#stream = stream
    this.#messageEnd = end
    this.length = length
    this.#wanted = wanted
    this.#unwanted = unwanted
    this.#bug = bug
    stream.on('trailers', (...event: unknown[]) => {
      this.trailers = trailerFields(event[2])
    })
    // Node may tell the end first and then the trailers that came with it, both in one turn.
    stream.on('end', () => process.nextTick(() => this.#guard(() => this.#end())))
    stream.on('aborted', () => this.#guard(() => this.#fail()))
    stream.on('close', () => this.#guard(() => this.#fail()))
  }

  override pipe(sink: BodySink): BodyFlow {
    if (this.used) throw new BodyUsed()
    this.used = true
    if (this.complete) {
      // A stream without any content ends by itself, read or not.
      sink.end()
      return this
    }
    this.#sink = sink
    if (this.#cut) {
      this.#cut = false
      this.#fail()
      return this
    }
    this.#wanted?.()
    this.#stream.on('data', (chunk: Buffer) => this.#guard(() => this.#deliver(chunk)))
    return this
  }

  #guard(act: () => void): void {
    try {
      act()
    } catch (reason) {
      this.#sink = null
      this.#bug(reason)
      this.#unwanted()
    }
  }

  #deliver(chunk: Buffer): void {
    this.received += chunk.length
    if (chunk.length < SMALL_FRAME && ++this.#small > FEW) this.#gather(chunk)
    else {
      this.#flush()
      this.#pass(chunk)
    }
  }

  #pass(chunk: Buffer): void {
    if (this.#sink !== null && !this.#sink.write(chunk)) this.#stream.pause()
  }

  /** Content in very many small frames must not cost a write for each: those of one turn go together. */
  #gather(chunk: Buffer): void {
    if (this.#gathered !== null && this.#used + chunk.length > GATHERED) this.#flush()
    if (this.#gathered === null) {
      this.#gathered = Buffer.allocUnsafe(GATHERED)
      this.#used = 0
      setImmediate(() => this.#guard(() => this.#flush()))
    }
    this.#used += chunk.copy(this.#gathered, this.#used)
  }

  #flush(): void {
    const gathered = this.#gathered
    if (gathered === null) return
    this.#gathered = null
    this.#pass(gathered.subarray(0, this.#used))
  }

  #end(): void {
    if (!this.#messageEnd.came) {
      this.#fail()
      return
    }
    this.#flush()
    this.complete = true
    const sink = this.#sink
    this.#sink = null
    sink?.end()
  }

  #fail(): void {
    if (this.#messageEnd.came && !this.complete && this.#stream.readableEnded) {
      this.#end()
      return
    }
    if (this.complete || this.#cut) return
    this.#cut = true
    const sink = this.#sink
    this.#sink = null
    sink?.fail(new ContentCut(false))
  }

  resume(): void {
    this.#stream.resume()
  }

  override cancel(_reason?: unknown): void {
    if (this.complete || this.#cut || (this.used && this.#sink === null)) return
    this.used = true
    this.#sink = null
    this.#unwanted()
  }
}

/**
 * Whether END_STREAM came. Node ends the readable side of a stream that was reset without an error as if its content
 * were complete; only while the stream is open is the end that of the message. Made as soon as the stream is known.
 */
export class MessageEnd {
  came: boolean

  /** @param small hears of small frames of content */
  constructor(stream: Http2Stream, small: SmallFrames) {
    this.came = !stream.closed && !stream.destroyed && stream.state.remoteClose === 1
    const push = stream.push.bind(stream)
    stream.push = (chunk: Buffer | null, encoding?: BufferEncoding): boolean => {
      if (chunk !== null && chunk.length < SMALL_FRAME) small.note()
      if (chunk === null && !stream.closed && !stream.destroyed) this.came = true
      return push(chunk, encoding)
    }
  }
}

/**
 * Resets a stream. Node's own `close` ends what is being written as if it were complete before it resets; a message
 * that is not complete must never look so.
 */
export function breakOff(stream: Http2Stream): void {
  if (!stream.destroyed) stream.destroy(new Error('message is not complete'))
}
