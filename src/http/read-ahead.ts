import { type Body, type BodyFlow, type BodySink, BodyUsed, PushBody } from './body.ts'
import type { Fields } from './fields.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { Pieces } from './pieces.ts'

/**
 * Content whose start has been read into memory while the rest is still to come. It is piped on as a whole: first what
 * is here, then the rest as it arrives.
 */
export class AheadBody extends PushBody implements BodySink, BodyFlow {
  readonly length: number | null
  used = false
  /** Bytes that have come. */
  size = 0
  /** Nothing more comes. */
  complete = false
  /** Why the content broke off; null: it did not. */
  broken: { readonly reason: unknown } | null = null
  readonly #source: Body
  readonly #wanted: number
  readonly #pieces = new Pieces()
  #flow: BodyFlow | null = null
  #sink: BodySink | null = null
  #ready: (() => void) | null = null
  #cancelled = false

  constructor(source: Body, wanted: number) {
    super()
    this.#source = source
    this.length = source.length
    this.#wanted = wanted
  }

  get trailers(): Fields | null {
    return this.#source.trailers
  }

  /** Calls back once, when `wanted` bytes are here or the content is over; maybe at once. */
  begin(ready: () => void): void {
    this.#ready = ready
    this.#flow = this.#source.pipe(this)
    if (this.#cancelled) this.#flow.cancel()
  }

  /** The first bytes, at most `limit`. */
  start(limit: number): Uint8Array {
    return this.#pieces.joined(limit)
  }

  /** All bytes of content that is complete. */
  whole(): Uint8Array {
    return this.#pieces.joined(this.size)
  }

  split(): { readonly start: readonly Uint8Array[]; readonly rest: ReadableStream<Uint8Array> } | null {
    if (this.used || this.complete || this.broken !== null) return null
    const rest = this.#flow?.detach?.() ?? null
    if (rest === null) return null
    this.used = true
    return { start: this.#pieces.take(), rest }
  }

  // ---- sink of the source

  write(chunk: Uint8Array): boolean {
    this.size += chunk.byteLength
    if (this.#sink !== null) return this.#sink.write(chunk)
    this.#pieces.append(chunk)
    if (this.size < this.#wanted) return true
    this.#settle()
    return false
  }

  end(): void {
    this.complete = true
    if (this.#sink !== null) this.#sink.end()
    else this.#settle()
  }

  fail(reason: unknown): void {
    this.broken = { reason }
    if (this.#sink !== null) this.#sink.fail(reason)
    else this.#settle()
  }

  #settle(): void {
    const ready = this.#ready
    this.#ready = null
    ready?.()
  }

  // ---- source of whoever reads the whole

  override pipe(sink: BodySink): BodyFlow {
    if (this.used) throw new BodyUsed()
    this.used = true
    let more = true
    for (const piece of this.#pieces.take()) more = sink.write(piece)
    if (this.#cancelled) return this
    this.#sink = sink
    if (this.broken !== null) sink.fail(this.broken.reason)
    else if (this.complete) sink.end()
    else if (more) this.resume()
    return this
  }

  resume(): void {
    this.#flow?.resume()
  }

  override cancel(reason?: unknown): void {
    this.used = true
    this.#cancelled = true
    this.#pieces.take()
    this.#flow?.cancel(reason)
  }
}

/**
 * Reads the first `wanted` bytes of content, or all of it if it has less. Content that breaks off meanwhile does so
 * again for its reader.
 */
export function readAhead(source: Body, wanted: number): MaybePromise<AheadBody> {
  const ahead = new AheadBody(source, wanted)
  let settled = false
  let resolve: ((ahead: AheadBody) => void) | null = null
  ahead.begin(() => {
    settled = true
    resolve?.(ahead)
  })
  if (settled) return ahead
  return new Promise((done) => {
    resolve = done
  })
}
