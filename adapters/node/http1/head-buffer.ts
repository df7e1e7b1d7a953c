const CRLFCRLF = Buffer.from('\r\n\r\n', 'latin1')

/** Place of the CRLF CRLF in `buffer[start, end)`, or -1. */
export function headEnd(buffer: Buffer, start: number, end: number): number {
  const found = buffer.subarray(start, end).indexOf(CRLFCRLF)
  return found === -1 ? -1 : start + found
}

/** What every incomplete head may hold. */
const FIRST = 1024
/**
 * Octets that incomplete heads may hold beyond that, over all connections: many slow clients must not fill the memory.
 */
const ALL_TOGETHER = 64 * 1024 * 1024
let heldTogether = 0
const NOTHING = Buffer.alloc(0)

/** A head that arrives in pieces; every octet is looked at a bounded number of times, however small the pieces are. */
export class HeadBuffer {
  length = 0
  complete = false
  /** It has a line feed without carriage return, so it will never be a head. */
  hopeless = false
  /** Incomplete heads hold too much together for this one to grow. */
  crowded = false
  #octets: Buffer = Buffer.allocUnsafe(FIRST)
  /** Where to look for the end of the first line; -1 once it was taken. */
  #searched = 0

  /** Takes octets until the head is complete or `limit` is reached; returns how many. */
  append(buffer: Buffer, start: number, end: number, limit: number): number {
    const before = this.length
    const length = Math.min(end - start, limit - before + 1)
    if (!this.#reserve(before + length)) {
      this.crowded = true
      return length
    }
    buffer.copy(this.#octets, before, start, start + length)
    this.length = before + length
    const found = headEnd(this.#octets, Math.max(0, before - 3), this.length)
    if (found !== -1) {
      this.complete = true
      this.length = found + 4
      return this.length - before
    }
    this.hopeless = this.#hasBareLineFeed(before)
    return length
  }

  /** The first line without its CRLF, once it is there and only the first time it is asked for; null otherwise. */
  takeStartLine(): string | null {
    const from = this.#searched
    if (from === -1) return null
    const found = this.#octets.subarray(from, this.length).indexOf(10)
    this.#searched = found === -1 ? this.length : -1
    return found === -1 ? null : this.#octets.toString('latin1', 0, Math.max(0, from + found - 1))
  }

  text(): string {
    return this.#octets.toString('latin1', 0, this.length)
  }

  /** The head is complete, or given up. */
  release(): void {
    if (this.#octets === NOTHING) return
    heldTogether -= this.#octets.length - FIRST
    this.#octets = NOTHING
  }

  #reserve(length: number): boolean {
    const held = this.#octets.length
    if (length <= held) return true
    const wanted = Math.max(length, held * 2)
    if (heldTogether + wanted - held > ALL_TOGETHER) return false
    heldTogether += wanted - held
    const larger = Buffer.allocUnsafe(wanted)
    this.#octets.copy(larger, 0, 0, this.length)
    this.#octets = larger
    return true
  }

  #hasBareLineFeed(from: number): boolean {
    const octets = this.#octets
    for (let at = from; at < this.length; at++) {
      if (octets[at] === 10 && (at === 0 || octets[at - 1] !== 13)) return true
    }
    return false
  }
}
