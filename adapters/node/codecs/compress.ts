import {
  type BrotliCompress,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  type Gzip,
  type ZstdCompress,
} from 'node:zlib'
import type { ContentCoding } from '../../../src/contracts/ports.ts'
import { type Body, type BodyFlow, type BodySink, BodyUsed, PushBody } from '../../../src/http/body.ts'
import type { Fields } from '../../../src/http/fields.ts'

type Encoder = Gzip | BrotliCompress | ZstdCompress

/** Memory for each stream is bounded: a window of 512 KiB does for what is worth compressing on the way. */
const BROTLI_WINDOW = 19
/** Fast enough to keep up with a network; the default of 11 is for files. */
const BROTLI_QUALITY = 5

const coders: Readonly<
  Record<ContentCoding, { readonly create: (size: number | null) => Encoder; readonly flush: number }>
> = {
  gzip: { create: () => createGzip(), flush: constants.Z_SYNC_FLUSH },
  br: {
    create: (size) =>
      createBrotliCompress({
        params: {
          [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
          [constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW,
          [constants.BROTLI_PARAM_SIZE_HINT]: size ?? 0,
        },
      }),
    flush: constants.BROTLI_OPERATION_FLUSH,
  },
  zstd: { create: () => createZstdCompress(), flush: constants.ZSTD_e_flush },
}

/** Content that is compressed as it comes and no faster than it is read. */
class CompressedBody extends PushBody {
  readonly length = null
  readonly #plain: Body
  readonly #coding: ContentCoding

  constructor(plain: Body, coding: ContentCoding) {
    super()
    this.#plain = plain
    this.#coding = coding
  }

  get used(): boolean {
    return this.#plain.used
  }

  get trailers(): Fields | null {
    return this.#plain.trailers
  }

  override pipe(sink: BodySink): BodyFlow {
    if (this.used) throw new BodyUsed()
    return new CompressFlow(this.#plain, this.#coding, sink)
  }

  override cancel(reason?: unknown): void {
    this.#plain.cancel(reason)
  }
}

class CompressFlow implements BodyFlow {
  readonly #encoder: Encoder
  readonly #source: BodyFlow
  #over = false

  constructor(plain: Body, coding: ContentCoding, sink: BodySink) {
    const { create, flush } = coders[coding]
    const encoder = create(plain.length)
    this.#encoder = encoder
    // What has no length may be a stream of events: every piece must get through when it comes.
    const flushes = plain.length === null
    let source: BodyFlow | null = null
    const fail = (reason: unknown) => {
      if (this.#over) return
      this.#over = true
      source?.cancel(reason)
      encoder.destroy()
      sink.fail(reason)
    }
    encoder.on('data', (chunk: Buffer) => {
      if (!this.#over && !sink.write(chunk)) encoder.pause()
    })
    encoder.on('end', () => {
      if (this.#over) return
      this.#over = true
      sink.end()
    })
    encoder.on('error', fail)
    encoder.on('drain', () => source?.resume())
    source = plain.pipe({
      write(chunk) {
        const more = encoder.write(chunk)
        if (flushes) encoder.flush(flush)
        return more
      },
      end: () => encoder.end(),
      fail,
    })
    this.#source = source
  }

  resume(): void {
    this.#encoder.resume()
  }

  cancel(reason?: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#source.cancel(reason)
    this.#encoder.destroy()
  }
}

/** Compresses content as a stream, with back pressure; content of unknown length is flushed piece by piece. */
export function compressBody(body: Body, coding: ContentCoding): Body {
  return new CompressedBody(body, coding)
}
