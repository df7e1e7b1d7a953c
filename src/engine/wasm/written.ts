import { GuestTrap } from './guest-memory.ts'

/** Content that a guest writes for one message. Bytes. */
const MOST_WRITTEN = 64 * 1024 * 1024

/** Content in the order in which it was written, in memory that doubles as it is needed. */
export class Written {
  #buffer = new Uint8Array()
  #length = 0

  add(content: Uint8Array): void {
    const length = this.#length + content.byteLength
    if (length > MOST_WRITTEN) throw new GuestTrap('error writing body: it is too large')
    if (length > this.#buffer.byteLength) {
      const larger = new Uint8Array(Math.max(length, this.#buffer.byteLength * 2))
      larger.set(this.#buffer.subarray(0, this.#length))
      this.#buffer = larger
    }
    this.#buffer.set(content, this.#length)
    this.#length = length
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }
}
