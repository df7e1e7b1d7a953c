/** Chunks smaller than this share a piece of this size. */
const SHARED = 4096

/**
 * Bytes of content that wait in memory. A peer chooses how content is cut: chunks of one byte would cost hundreds of
 * bytes each, so small ones are put together.
 */
export class Pieces {
  /** Bytes kept. */
  size = 0
  #pieces: Uint8Array[] = []
  /** The last piece, if small chunks may still be put into it, and how much of it is in use. */
  #open: Uint8Array | null = null
  #used = 0

  /** Copies the chunk. */
  append(chunk: Uint8Array): void {
    const { byteLength } = chunk
    if (byteLength === 0) return
    if (this.#open !== null && this.#used + byteLength <= this.#open.byteLength) {
      this.#open.set(chunk, this.#used)
      this.#used += byteLength
    } else {
      this.#close()
      if (this.size === 0 || byteLength >= SHARED) this.#pieces.push(chunk.slice())
      else this.#begin(chunk)
    }
    this.size += byteLength
  }

  #begin(chunk: Uint8Array): void {
    const open = new Uint8Array(SHARED)
    open.set(chunk)
    this.#open = open
    this.#used = chunk.byteLength
  }

  #close(): void {
    if (this.#open !== null) this.#pieces.push(this.#open.subarray(0, this.#used))
    this.#open = null
  }

  /** The pieces in order; nothing is kept any more. */
  take(): Uint8Array[] {
    this.#close()
    const pieces = this.#pieces
    this.#pieces = []
    this.size = 0
    return pieces
  }

  /** The first bytes, at most `limit`, as one array; shared with what is kept. */
  joined(limit: number): Uint8Array {
    this.#close()
    const size = Math.min(limit, this.size)
    const [first] = this.#pieces
    if (this.#pieces.length === 1 && first !== undefined) return first.subarray(0, size)
    const all = new Uint8Array(size)
    let at = 0
    for (const piece of this.#pieces) {
      const part = piece.subarray(0, size - at)
      all.set(part, at)
      at += part.byteLength
      if (at === size) break
    }
    return all
  }
}
