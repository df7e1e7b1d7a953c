import { createGunzip, type Gunzip } from 'node:zlib'
import { type Body, type BodyFlow, type BodySink, BodyUsed, PushBody } from '../../../src/http/body.ts'
import type { Fields } from '../../../src/http/fields.ts'

/** Content in gzip, decoded as it comes and no faster than it is read. */
class GunzipBody extends PushBody {
  readonly length = null
  readonly #encoded: Body

  constructor(encoded: Body) {
    super()
    this.#encoded = encoded
  }

  get used(): boolean {
    return this.#encoded.used
  }

  get trailers(): Fields | null {
    return this.#encoded.trailers
  }

  override pipe(sink: BodySink): BodyFlow {
    if (this.used) throw new BodyUsed()
    return new GunzipFlow(this.#encoded, sink)
  }

  override cancel(reason?: unknown): void {
    this.#encoded.cancel(reason)
  }
}

class GunzipFlow implements BodyFlow {
  readonly #gunzip: Gunzip
  readonly #source: BodyFlow
  #over = false

  constructor(encoded: Body, sink: BodySink) {
    const gunzip = createGunzip()
    this.#gunzip = gunzip
    let source: BodyFlow | null = null
    const fail = (reason: unknown) => {
      if (this.#over) return
      this.#over = true
      source?.cancel(reason)
      gunzip.destroy()
      sink.fail(reason)
    }
    gunzip.on('data', (chunk: Buffer) => {
      if (!this.#over && !sink.write(chunk)) gunzip.pause()
    })
    gunzip.on('end', () => {
      if (this.#over) return
      this.#over = true
      sink.end()
    })
    gunzip.on('error', fail)
    gunzip.on('drain', () => source?.resume())
    source = encoded.pipe({ write: (chunk) => gunzip.write(chunk), end: () => gunzip.end(), fail })
    this.#source = source
  }

  resume(): void {
    this.#gunzip.resume()
  }

  cancel(reason?: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#source.cancel(reason)
    this.#gunzip.destroy()
  }
}

/** Decodes gzip content as a stream, with back pressure; content that is no gzip, or cut short, fails. */
export function gunzipBody(body: Body): Body {
  return new GunzipBody(body)
}
