import type { Fields } from './fields.ts'
import { Pieces } from './pieces.ts'

/** Where content is pushed to. Exactly one of `end` and `fail` is called, once. */
export interface BodySink {
  /**
   * Takes bytes; `false` asks the source to pause until `BodyFlow.resume()`. The chunk must not be kept after the call
   * returned `true` without copying unless it is handed on to a socket.
   */
  write(chunk: Uint8Array): boolean
  /** The content is complete; trailers, if any, are in `Body.trailers`. */
  end(): void
  /** The content was cut short. */
  fail(reason: unknown): void
}

/** The source's end of a running `pipe`. */
export interface BodyFlow {
  resume(): void
  /** Nobody wants the rest: the source stops; the sink hears nothing more. */
  cancel(reason?: unknown): void
  /**
   * Ends a pipe that is paused and gives the rest as the stream it comes from, for runtimes that pass streams on
   * without touching the bytes. Null: it isn't paused; absent: there is no such stream.
   */
  detach?(): ReadableStream<Uint8Array> | null
}

/**
 * Content that can be read once. Adapters bring native bodies whose `pipe` costs nothing;
 * reading as a web stream is the slow, general way.
 */
export interface Body {
  /** Bytes; null when not declared. */
  readonly length: number | null
  readonly used: boolean
  /** Valid once the content has ended. */
  readonly trailers: Fields | null
  /** Pushes the content into `sink`; may deliver before it returns. */
  pipe(sink: BodySink): BodyFlow
  stream(): ReadableStream<Uint8Array>
  /** The whole content; rejects with `ContentTooLarge` past `limit` bytes. */
  bytes(limit: number): Promise<Uint8Array>
  /** Gives the content up unread. */
  cancel(reason?: unknown): void
  /**
   * Hands content on in two parts instead: bytes that are in memory, and the rest as the stream it comes from. Null:
   * there is no such stream, or nothing more comes; absent: never.
   */
  split?(): { readonly start: readonly Uint8Array[]; readonly rest: ReadableStream<Uint8Array> } | null
}

/** More content than a limit allows: answered by 413. */
export class ContentTooLarge extends Error {
  readonly limit: number

  constructor(limit: number) {
    super(`content is larger than ${limit} bytes`)
    this.name = 'ContentTooLarge'
    this.limit = limit
  }
}

/** Content can be read once: somebody has. */
export class BodyUsed extends TypeError {
  constructor() {
    super('content has already been read')
    this.name = 'BodyUsed'
  }
}

/** The general readers on top of `pipe`; adapters' bodies extend it and implement the native way. */
export abstract class PushBody implements Body {
  abstract readonly length: number | null
  abstract readonly used: boolean
  abstract readonly trailers: Fields | null
  abstract pipe(sink: BodySink): BodyFlow
  abstract cancel(reason?: unknown): void

  stream(): ReadableStream<Uint8Array> {
    let flow: BodyFlow | null = null
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          flow = this.pipe({
            write(chunk) {
              controller.enqueue(chunk.slice())
              return (controller.desiredSize ?? 0) > 0
            },
            end: () => controller.close(),
            fail: (reason) => controller.error(reason),
          })
        },
        // Some runtimes pull while `pipe` is still delivering.
        pull: () => flow?.resume(),
        cancel: (reason) => flow?.cancel(reason),
      },
      { highWaterMark: 65536, size: (chunk) => chunk.byteLength },
    )
  }

  bytes(limit: number): Promise<Uint8Array> {
    if (this.length !== null && this.length > limit) {
      this.cancel()
      return Promise.reject(new ContentTooLarge(limit))
    }
    return new Promise((resolve, reject) => {
      const pieces = new Pieces()
      let tooLarge = false
      let flow: BodyFlow | null = null
      flow = this.pipe({
        write(chunk) {
          if (pieces.size + chunk.byteLength > limit) {
            tooLarge = true
            flow?.cancel()
            reject(new ContentTooLarge(limit))
            return false
          }
          pieces.append(chunk)
          return true
        },
        end: () => resolve(pieces.joined(pieces.size)),
        fail: reject,
      })
      if (tooLarge) flow.cancel()
    })
  }
}

/** Content that is already in memory. */
export class BytesBody extends PushBody {
  readonly length: number | null
  readonly trailers = null
  used = false
  readonly #bytes: Uint8Array

  /** @param length null: it is sent like content whose length nobody knows */
  constructor(bytes: Uint8Array, length: number | null = bytes.byteLength) {
    super()
    this.#bytes = bytes
    this.length = length
  }

  override pipe(sink: BodySink): BodyFlow {
    if (this.used) throw new BodyUsed()
    this.used = true
    if (this.#bytes.byteLength > 0) sink.write(this.#bytes)
    sink.end()
    return { resume() {}, cancel() {} }
  }

  override cancel(): void {
    this.used = true
  }
}

/** A web stream as content: the edge's requests and answers, and whatever a Fetch application returns. */
export class StreamBody extends PushBody {
  readonly length: number | null
  readonly trailers = null
  used = false
  readonly #stream: ReadableStream<Uint8Array>
  readonly #isRaw: boolean

  /** @param isRaw the stream comes right from a socket, so the runtime can pass it on by itself */
  constructor(stream: ReadableStream<Uint8Array>, length: number | null, isRaw = false) {
    super()
    this.#stream = stream
    this.length = length
    this.#isRaw = isRaw
  }

  /** The stream itself, so that a runtime can pass it through without touching the bytes. */
  override stream(): ReadableStream<Uint8Array> {
    if (this.used) throw new BodyUsed()
    this.used = true
    return this.#stream
  }

  override pipe(sink: BodySink): BodyFlow {
    const reader = this.stream().getReader()
    let resume: (() => void) | null = null
    let cancelled = false
    const pump = async () => {
      try {
        for (;;) {
          const { done, value } = await reader.read()
          if (cancelled) return
          if (done) return sink.end()
          if (!sink.write(value)) {
            await new Promise<void>((wake) => {
              resume = wake
            })
          }
        }
      } catch (reason) {
        if (!cancelled) sink.fail(reason)
      }
    }
    void pump()
    return {
      resume() {
        resume?.()
        resume = null
      },
      cancel(reason) {
        cancelled = true
        resume?.()
        reader.cancel(reason).catch(() => {
          // The stream had failed already: there is nothing left to give back.
        })
      },
      detach: () => {
        if (!this.#isRaw || resume === null || cancelled) return null
        reader.releaseLock()
        return this.#stream
      },
    }
  }

  override cancel(reason?: unknown): void {
    if (this.used) return
    this.used = true
    this.#stream.cancel(reason).catch(() => {
      // As above.
    })
  }
}
