import { type Body, type BodyFlow, type BodySink, PushBody } from './body.ts'
import type { Fields } from './fields.ts'
import { phraseReply } from './replies.ts'
import type { RequestContext } from './request-context.ts'
import type { ProxyResponse } from './response.ts'

/** Memory for content that is kept whole, over all exchanges of a process or an isolate. Bytes. */
export interface KeptMemory {
  readonly limit: number
  used: number
}

/** Content can't be kept: that of others takes all the memory there is for it. Answered by 503. */
export class MemoryShort extends Error {
  constructor() {
    super('no memory is left for content')
    this.name = 'MemoryShort'
  }
}

/** There is no memory for it at the moment. */
export function busyReply(): ProxyResponse {
  const reply = phraseReply(503)
  reply.headers.append('Retry-After', '1')
  return reply
}

/** What is kept for one exchange; given back when it is over and nobody else holds it. */
export class Kept {
  readonly #memory: KeptMemory
  #bytes = 0
  #holders = 1

  constructor(memory: KeptMemory, cx: RequestContext) {
    this.#memory = memory
    cx.onEnd(() => this.release())
  }

  /** False: there is not so much left. */
  take(bytes: number): boolean {
    const memory = this.#memory
    if (this.#holders === 0) return true
    if (memory.used + bytes > memory.limit) return false
    memory.used += bytes
    this.#bytes += bytes
    return true
  }

  /** For who keeps the content beyond the exchange. */
  hold(): void {
    this.#holders++
  }

  release(): void {
    if (--this.#holders > 0) return
    this.#memory.used -= this.#bytes
    this.#bytes = 0
  }
}

/** Content whose bytes are counted on their way into memory; it breaks off with `MemoryShort`. */
export class CountedBody extends PushBody {
  readonly #source: Body
  readonly #kept: Kept
  #counts = true

  constructor(source: Body, kept: Kept) {
    super()
    this.#source = source
    this.#kept = kept
  }

  get length(): number | null {
    return this.#source.length
  }

  get used(): boolean {
    return this.#source.used
  }

  get trailers(): Fields | null {
    return this.#source.trailers
  }

  /** From now on content goes on as it comes. */
  passOn(): void {
    this.#counts = false
  }

  override pipe(sink: BodySink): BodyFlow {
    let flow: BodyFlow | null = null
    let short = false
    flow = this.#source.pipe({
      write: (chunk) => {
        if (short) return false
        if (!this.#counts || this.#kept.take(chunk.byteLength)) return sink.write(chunk)
        short = true
        flow?.cancel()
        sink.fail(new MemoryShort())
        return false
      },
      end: () => {
        if (!short) sink.end()
      },
      fail: (reason) => {
        if (!short) sink.fail(reason)
      },
    })
    if (short) flow.cancel()
    return flow
  }

  override cancel(reason?: unknown): void {
    this.#source.cancel(reason)
  }
}
