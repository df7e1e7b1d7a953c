import { Fields } from '../../../src/http/fields.ts'
import { HEX, VALUE } from '../http/octets.ts'
import { clearFacts, newFacts, parseFieldLines } from './field-lines.ts'

const SIZE = 0
const EXTENSION = 1
const SIZE_LF = 2
const DATA = 3
const DATA_CR = 4
const DATA_LF = 5
const TRAILER_START = 6
const TRAILER_LINE = 7
const TRAILER_LF = 8
const LAST_LF = 9
const DONE = 10
const BROKEN = 11

const MAX_SIZE_DIGITS = 12
/** Octets of all chunk extensions of one message. */
const MAX_EXTENSIONS = 16 * 1024
const MAX_TRAILERS = 64 * 1024
const MAX_TRAILER_FIELDS = 100

/** Data of chunks smaller than this is put together. */
const SMALL = 4096

export interface ChunkedTarget {
  /** Data of one chunk or several: `buffer[start, end)`. */
  chunkData(buffer: Buffer, start: number, end: number): void
}

/**
 * Decodes the chunked coding (RFC 9112 §7.1), strictly: no `0x`, sign or blank at a size, exact CRLFs, extensions and
 * trailers bounded. One decoder serves one message after another; `reset` between them.
 */
export class ChunkedDecoder {
  /** Valid once `done`; null when there were none. */
  trailers: Fields | null = null
  /** Chunks begun, of all messages: what they cost is not told by their octets. */
  chunks = 0
  #state = SIZE
  #size = 0
  #digits = 0
  #extensions = 0
  #trailerText = ''

  get done(): boolean {
    return this.#state === DONE
  }

  get broken(): boolean {
    return this.#state === BROKEN
  }

  reset(): void {
    this.trailers = null
    this.#state = SIZE
    this.#size = 0
    this.#digits = 0
    this.#extensions = 0
    this.#trailerText = ''
  }

  /**
   * Takes octets of `buffer[at, end)` and returns the place after the last one used: less than `end` once `done` or
   * `broken`. Data of small chunks is moved together within `buffer`, over framing that has been read: a peer that
   * sends content octet by octet must not cost a delivery for each.
   */
  decode(buffer: Buffer, at: number, end: number, target: ChunkedTarget): number {
    let state = this.#state
    let start = 0
    let stop = 0
    while (at < end && state < DONE) {
      switch (state) {
        case DATA: {
          const length = Math.min(end - at, this.#size)
          this.#size -= length
          if (this.#size === 0) state = DATA_CR
          if (length >= SMALL) {
            this.#state = state
            if (stop > start) target.chunkData(buffer, start, stop)
            target.chunkData(buffer, at, at + length)
            start = stop = 0
          } else if (stop === start) {
            start = at
            stop = at + length
          } else {
            for (let from = at; from < at + length; from++) buffer[stop++] = buffer[from]!
          }
          at += length
          break
        }
        case TRAILER_LINE: {
          const code = buffer[at++]!
          if (code === 13) state = TRAILER_LF
          else if (VALUE[code] === 1) at = this.#takeTrailer(buffer, at - 1, end)
          else state = BROKEN
          if (this.#trailerText.length > MAX_TRAILERS) state = BROKEN
          break
        }
        default:
          state = this.#step(state, buffer[at++]!)
      }
    }
    this.#state = state
    if (stop > start) target.chunkData(buffer, start, stop)
    return at
  }

  #step(state: number, code: number): number {
    switch (state) {
      case SIZE: {
        const value = HEX[code]!
        if (value !== 255) {
          if (++this.#digits > MAX_SIZE_DIGITS) return BROKEN
          this.#size = this.#size * 16 + value
          return SIZE
        }
        if (this.#digits === 0) return BROKEN
        return code === 13 ? SIZE_LF : code === 59 ? EXTENSION : BROKEN
      }
      case EXTENSION:
        if (code === 13) return SIZE_LF
        return VALUE[code] === 1 && ++this.#extensions <= MAX_EXTENSIONS ? EXTENSION : BROKEN
      case SIZE_LF:
        if (code !== 10) return BROKEN
        this.#digits = 0
        this.chunks++
        return this.#size === 0 ? TRAILER_START : DATA
      case DATA_CR:
        return code === 13 ? DATA_LF : BROKEN
      case DATA_LF:
        return code === 10 ? SIZE : BROKEN
      case TRAILER_START:
        if (code === 13) return LAST_LF
        this.#trailerText += String.fromCharCode(code)
        return VALUE[code] === 1 ? TRAILER_LINE : BROKEN
      case TRAILER_LF:
        this.#trailerText += '\r\n'
        return code === 10 ? TRAILER_START : BROKEN
      default:
        return code === 10 ? this.#finish() : BROKEN
    }
  }

  /** Takes octets of a trailer line up to what ends it. */
  #takeTrailer(buffer: Buffer, start: number, end: number): number {
    let to = start
    while (to < end && VALUE[buffer[to]!] === 1) to++
    this.#trailerText += buffer.toString('latin1', start, to)
    return to
  }

  #finish(): number {
    if (this.#trailerText === '') return DONE
    const lines: string[] = []
    clearFacts(facts)
    const text = this.#trailerText
    if (parseFieldLines(text, 0, text.length, MAX_TRAILER_FIELDS, false, lines, facts) !== 'none') return BROKEN
    this.trailers = new Fields(lines)
    return DONE
  }
}

const facts = newFacts()

/** The size line of a chunk. */
export const chunkSize = (length: number): string => `${length.toString(16)}\r\n`
