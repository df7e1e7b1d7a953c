/** An element of DER: its tag octet and where its content stands. */
export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
}

/** The input is no DER, or not of the shape that was expected. */
export class DerError extends Error {
  constructor() {
    super('malformed certificate')
    this.name = 'DerError'
  }
}

/**
 * Reads elements one after the other; throws `DerError`. Tags above 30 and indefinite lengths do not occur in
 * certificates.
 */
export class DerReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** Tag of the next element, without taking it; -1 at the end. */
  peek(): number {
    return this.done ? -1 : this.#bytes[this.#at]!
  }

  next(): DerElement {
    const bytes = this.#bytes
    const tag = bytes[this.#at]
    let length = bytes[this.#at + 1]
    if (tag === undefined || length === undefined || (tag & 0x1f) === 0x1f) throw new DerError()
    let start = this.#at + 2
    if (length >= 0x80) {
      const count = length & 0x7f
      if (count === 0 || count > 4 || start + count > bytes.length) throw new DerError()
      length = 0
      for (let i = 0; i < count; i++) length = length * 256 + bytes[start++]!
    }
    const end = start + length
    if (end > bytes.length) throw new DerError()
    this.#at = end
    return { tag, content: bytes.subarray(start, end) }
  }

  /** The next element, which must have this tag, as a reader of its content. */
  enter(tag: number): DerReader {
    return new DerReader(this.take(tag))
  }

  /** Content of the next element, which must have this tag. */
  take(tag: number): Uint8Array {
    const element = this.next()
    if (element.tag !== tag) throw new DerError()
    return element.content
  }

  /** The next element with its head, which must have this tag. */
  whole(tag: number): Uint8Array {
    const start = this.#at
    this.take(tag)
    return this.#bytes.subarray(start, this.#at)
  }

  /** Passes over the next element if it has this tag. */
  skip(tag: number): void {
    if (this.peek() === tag) this.next()
  }
}

/** The dotted form of an object identifier. */
export function dottedOf(content: Uint8Array): string {
  const arcs: number[] = []
  let arc = 0
  for (const octet of content) {
    arc = arc * 128 + (octet & 0x7f)
    if ((octet & 0x80) !== 0) continue
    if (arcs.length === 0) {
      const first = Math.min(2, Math.floor(arc / 40))
      arcs.push(first, arc - first * 40)
    } else arcs.push(arc)
    arc = 0
  }
  return arcs.join('.')
}
