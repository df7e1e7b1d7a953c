const OFFSET_HI = 0xcbf29ce4
const OFFSET_LO = 0x84222325
/** The prime is 2^40 + 0x1b3. */
const PRIME_LO = 0x1b3
const WORD = 2 ** 32

/** FNV-1a of 64 bits as two words: no step makes an integer that a number can't hold, and nothing is allocated. */
export class Fnv1a {
  hi = OFFSET_HI
  lo = OFFSET_LO

  reset(): void {
    this.hi = OFFSET_HI
    this.lo = OFFSET_LO
  }

  /** Goes on from where another hash stands. */
  startFrom(other: Fnv1a): void {
    this.hi = other.hi
    this.lo = other.lo
  }

  /** Takes a text whose characters are octets: ASCII, or a field's value. */
  ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.#take(text.charCodeAt(i))
  }

  bytes(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) this.#take(bytes[i]!)
  }

  #take(byte: number): void {
    const lo = (this.lo ^ byte) >>> 0
    const product = lo * PRIME_LO
    const low = product >>> 0
    // What the low word carries, the high word's own product, and the low word times 2^40.
    this.hi = ((product - low) / WORD + this.hi * PRIME_LO + lo * 256) >>> 0
    this.lo = low
  }

  /** The hash as a number, rounded as an integer of 64 bits is. */
  get value(): number {
    return this.hi * WORD + this.lo
  }
}
