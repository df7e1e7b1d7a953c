import type { Socket } from 'node:net'
import { classOf, FRAMING, HOP } from '../../../src/http/field-names.ts'
import type { Fields } from '../../../src/http/fields.ts'
import { chunkSize } from './chunked.ts'

/** Up to here copying into one buffer is cheaper than a second system call or a vector. */
const JOIN = 16 * 1024
const MOST_HELD = 64 * 1024

/**
 * Writes one message after another to a socket: head and first content leave together, content in chunked coding where
 * asked for. What `text` holds is latin1.
 */
export class MessageWriter {
  readonly socket: Socket
  /** Content octets of the current message that were written. */
  size = 0
  /** Whether anything of the current message may have left. */
  started = false
  #held = ''
  #chunked = false
  #holding = false

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** Takes the head; it leaves with the first content, or with `flush`. */
  head(text: string, chunked: boolean): void {
    this.#held += text
    this.#chunked = chunked
    this.#holding = false
    this.size = 0
    this.started = false
  }

  /** While held, small pieces wait for `release` so that they leave in one write. */
  hold(): void {
    this.#holding = true
  }

  release(): boolean {
    this.#holding = false
    return this.flush()
  }

  /** Whether nothing written is still in memory: buffers that were written may be used again. */
  get flushed(): boolean {
    return this.socket.writableLength === 0
  }

  write(chunk: Uint8Array): boolean {
    const { length } = chunk
    if (length === 0) return true
    this.size += length
    if (this.#holding && length <= 4096) {
      const text = asBuffer(chunk).toString('latin1')
      return this.#hold(this.#chunked ? `${chunkSize(length)}${text}\r\n` : text)
    }
    const before = this.#held + (this.#chunked ? chunkSize(length) : '')
    this.#held = ''
    this.started = true
    const { socket } = this
    if (before === '') return socket.write(chunk)
    const total = before.length + length + 2
    if (total <= JOIN) {
      const joined = Buffer.allocUnsafe(this.#chunked ? total : total - 2)
      joined.write(before, 0, 'latin1')
      joined.set(chunk, before.length)
      if (this.#chunked) joined.write('\r\n', total - 2, 'latin1')
      return socket.write(joined)
    }
    socket.cork()
    socket.write(before, 'latin1')
    let more = socket.write(chunk)
    if (this.#chunked) more = socket.write('\r\n', 'latin1')
    socket.uncork()
    return more
  }

  writeText(text: string): boolean {
    if (text === '') return true
    this.size += text.length
    this.#hold(this.#chunked ? `${chunkSize(text.length)}${text}\r\n` : text)
    return this.#holding || this.flush()
  }

  /** The content is complete. */
  end(trailers: Fields | null): void {
    if (this.#chunked) this.#hold(trailers === null ? '0\r\n\r\n' : `0\r\n${trailerText(trailers)}\r\n`)
    if (!this.#holding) this.flush()
  }

  /** Sends what waits. */
  flush(): boolean {
    const text = this.#held
    if (text === '') return !this.socket.writableNeedDrain
    this.#held = ''
    this.started = true
    return this.socket.write(Buffer.from(text, 'latin1'))
  }

  /** Takes back a head of which nothing has left. */
  discard(): void {
    this.#held = ''
  }

  #hold(text: string): boolean {
    this.#held += text
    return this.#held.length > MOST_HELD ? this.flush() : true
  }
}

/** Without the fields that no trailer may carry: some clients take them for those of the head (RFC 9110 §6.5.1). */
function trailerText(trailers: Fields): string {
  let text = ''
  const { lines } = trailers
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i]!
    if ((classOf(name) & (FRAMING | HOP)) === 0 && !NO_TRAILER.has(name.toLowerCase()))
      text += `${name}: ${lines[i + 1]}\r\n`
  }
  return text
}

const NO_TRAILER: ReadonlySet<string> = new Set([
  'host',
  'set-cookie',
  'content-encoding',
  'content-type',
  'content-range',
])

const asBuffer = (chunk: Uint8Array): Buffer =>
  chunk instanceof Buffer ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
