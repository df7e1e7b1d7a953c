/** Octets that have come and were not taken, put together only where a part of them stands in several chunks. */
export class Chunks {
  #chunks: Buffer[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** The first octets, which stay. @param bytes no more than there are */
  peek(bytes: number): Buffer {
    if (this.#chunks[0]!.length < bytes) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]!.subarray(0, bytes)
  }

  /** The first octets, which go. @param bytes no more than there are */
  take(bytes: number): Buffer {
    const taken = this.peek(bytes)
    const first = this.#chunks.shift()!
    if (first.length > bytes) this.#chunks.unshift(first.subarray(bytes))
    this.#length -= bytes
    return taken
  }
}
