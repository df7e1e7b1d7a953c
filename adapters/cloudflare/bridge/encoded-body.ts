import { type Body, type BodyFlow, type BodySink, PushBody } from '../../../src/http/body.ts'

/** Content that the runtime encodes on its way out, as `Content-Encoding` says: of no known length. */
class EncodedBody extends PushBody {
  readonly length = null
  readonly #plain: Body

  constructor(plain: Body) {
    super()
    this.#plain = plain
  }

  get used() {
    return this.#plain.used
  }

  get trailers() {
    return this.#plain.trailers
  }

  override pipe(sink: BodySink): BodyFlow {
    return this.#plain.pipe(sink)
  }

  override cancel(reason?: unknown): void {
    this.#plain.cancel(reason)
  }

  /** As a stream whose bytes don't pass through JavaScript, but for those that are here already. */
  override stream(): ReadableStream<Uint8Array> {
    const parts = this.#plain.split?.() ?? null
    if (parts === null) return this.#plain.stream()
    const { readable, writable } = new IdentityTransformStream()
    void join(parts.start, parts.rest as ReadableStream, writable).catch(() => {
      // Both ends have been told.
    })
    return readable
  }

  /** The runtime pipes no identity stream into another one, so what would be one is written into the other. */
  pipeInto(writable: WritableStream): Promise<void> {
    const parts = this.#plain.split?.() ?? null
    return parts === null
      ? (this.#plain.stream() as ReadableStream).pipeTo(writable)
      : join(parts.start, parts.rest as ReadableStream, writable)
  }
}

export const encoded = (plain: Body): Body => new EncodedBody(plain)

async function join(start: readonly Uint8Array[], rest: ReadableStream, writable: WritableStream): Promise<void> {
  try {
    const writer = writable.getWriter()
    for (const piece of start) await writer.write(piece)
    writer.releaseLock()
  } catch (reason) {
    // Whoever read has gone.
    await rest.cancel(reason)
    throw reason
  }
  await rest.pipeTo(writable)
}
