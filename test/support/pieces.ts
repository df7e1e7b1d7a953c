import { type BodyFlow, type BodySink, BodyUsed, PushBody } from '../../src/http/body.ts'
import type { Fields } from '../../src/http/fields.ts'

/** Content that a test pushes piece by piece; a sink that refuses makes it pause until it is resumed. */
export class PiecesBody extends PushBody implements BodyFlow {
  readonly length: number | null
  trailers: Fields | null = null
  used = false
  /** The sink asked for a pause. */
  paused = false
  cancelled = false
  #sink: BodySink | null = null
  #waiting: (string | Uint8Array)[]
  #end: 'open' | 'complete' | 'broken'
  #over = false

  /** `pieces` are delivered as soon as somebody reads, then nothing (`open`), the end, or a failure. */
  constructor(
    pieces: readonly (string | Uint8Array)[],
    end: 'open' | 'complete' | 'broken' = 'complete',
    length: number | null = null,
  ) {
    super()
    this.#waiting = [...pieces]
    this.#end = end
    this.length = length
  }

  override pipe(sink: BodySink): BodyFlow {
    if (this.used) throw new BodyUsed()
    this.used = true
    this.#sink = sink
    this.#pump()
    return this
  }

  push(piece: string | Uint8Array): void {
    this.#waiting.push(piece)
    this.#pump()
  }

  finish(end: 'complete' | 'broken' = 'complete'): void {
    this.#end = end
    this.#pump()
  }

  resume(): void {
    this.paused = false
    this.#pump()
  }

  override cancel(): void {
    this.used = true
    this.cancelled = true
    this.#sink = null
  }

  #pump(): void {
    while (this.#sink !== null && !this.paused && this.#waiting.length > 0) {
      const piece = this.#waiting.shift()!
      const more = this.#sink.write(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece)
      if (!more) this.paused = true
    }
    if (this.#sink === null || this.paused || this.#waiting.length > 0 || this.#end === 'open' || this.#over) return
    this.#over = true
    if (this.#end === 'complete') this.#sink.end()
    else this.#sink.fail(new Error('cut'))
  }
}

/** Everything content has, as text. */
export async function textOf(content: { bytes(limit: number): Promise<Uint8Array> } | string | null): Promise<string> {
  if (content === null || typeof content === 'string') return content ?? ''
  return new TextDecoder().decode(await content.bytes(Number.POSITIVE_INFINITY))
}
