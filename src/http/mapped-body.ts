import { type Body, type BodyFlow, type BodySink, PushBody } from './body.ts'
import type { Fields } from './fields.ts'

/** Changes content piece by piece. Empty results are not passed on. */
export interface BodyMapping {
  /** Throws for content that can't be mapped, which then breaks off. */
  map(chunk: Uint8Array): Uint8Array
  /** What comes after the last piece. `trailers` are those of the source. */
  finish(trailers: Fields | null): Uint8Array
  /** The trailers have become content: none follow it. */
  readonly takesTrailers?: boolean
}

/** Content made of other content on its way, with its back pressure; its length is not known. */
export class MappedBody extends PushBody {
  readonly length = null
  readonly #source: Body
  readonly #mapping: BodyMapping

  constructor(source: Body, mapping: BodyMapping) {
    super()
    this.#source = source
    this.#mapping = mapping
  }

  get used(): boolean {
    return this.#source.used
  }

  get trailers(): Fields | null {
    return this.#mapping.takesTrailers === true ? null : this.#source.trailers
  }

  override pipe(sink: BodySink): BodyFlow {
    const mapping = this.#mapping
    const source = this.#source
    let flow: BodyFlow | null = null
    let over = false
    const attempt = (make: () => Uint8Array): Uint8Array | null => {
      try {
        return make()
      } catch (error) {
        over = true
        flow?.cancel(error)
        sink.fail(error)
        return null
      }
    }
    flow = source.pipe({
      write(chunk) {
        const mapped = over ? null : attempt(() => mapping.map(chunk))
        if (mapped === null) return false
        return mapped.byteLength === 0 || sink.write(mapped)
      },
      end() {
        const rest = over ? null : attempt(() => mapping.finish(source.trailers))
        if (rest === null) return
        if (rest.byteLength > 0) sink.write(rest)
        sink.end()
      },
      fail(reason) {
        if (!over) sink.fail(reason)
      },
    })
    if (over) flow.cancel()
    return flow
  }

  override cancel(reason?: unknown): void {
    this.#source.cancel(reason)
  }
}
