/** What ends a call of a guest: it did what it may not, or what nobody could answer. The exchange is answered 500. */
export class GuestTrap extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'GuestTrap'
  }
}

/** A guest's memory. Places and lengths are unsigned; a view of it is good until the guest is called again. */
export class GuestMemory {
  #memory: WebAssembly.Memory | null = null
  #bytes = new Uint8Array()

  /** The instance is there: functions for it have to be there before. */
  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory
  }

  /** All of it: it may have grown since. */
  get bytes(): Uint8Array {
    if (this.#memory === null) throw new GuestTrap('the guest has no memory yet')
    if (this.#bytes.buffer !== this.#memory.buffer) this.#bytes = new Uint8Array(this.#memory.buffer)
    return this.#bytes
  }

  get view(): DataView {
    const { buffer } = this.bytes
    return new DataView(buffer)
  }

  /** @throws GuestTrap where that is outside */
  part(at: number, length: number, what: string): Uint8Array {
    const { bytes } = this
    const start = at >>> 0
    const end = start + (length >>> 0)
    if (end > bytes.byteLength) throw new GuestTrap(`out of memory reading ${what}`)
    return bytes.subarray(start, end)
  }

  /** A copy. */
  copy(at: number, length: number, what: string): Uint8Array<ArrayBuffer> {
    return this.part(at, length, what).slice()
  }

  /** Bytes as a text of as many characters, as fields and targets are held. */
  latin1(at: number, length: number, what: string): string {
    const part = this.part(at, length, what)
    let text = ''
    for (let from = 0; from < part.length; from += CHUNK) {
      text += String.fromCharCode(...part.subarray(from, from + CHUNK))
    }
    return text
  }

  utf8(at: number, length: number, what: string): string {
    return decoder.decode(this.part(at, length, what))
  }

  /** Writes what fits within the limit and nothing of what doesn't. Returns its length. */
  put(at: number, limit: number, value: Uint8Array): number {
    const { length } = value
    if (length <= limit >>> 0 && length > 0) this.part(at, length, 'a buffer').set(value)
    return length
  }

  /** The same for a text of bytes. */
  putLatin1(at: number, limit: number, value: string): number {
    const { length } = value
    if (length <= limit >>> 0 && length > 0) writeLatin1(this.part(at, length, 'a buffer'), 0, value)
    return length
  }

  /** Texts that end with NUL: their number in the high, their length in the low 32 bits. */
  putTexts(at: number, limit: number, values: readonly string[]): bigint {
    let length = values.length
    for (const value of values) length += value.length
    if (length > 0 && length <= limit >>> 0) {
      const part = this.part(at, length, 'a buffer')
      let end = 0
      for (const value of values) {
        writeLatin1(part, end, value)
        end += value.length
        part[end++] = 0
      }
    }
    return (BigInt(values.length) << 32n) | BigInt(length)
  }
}

/** Arguments of one call. */
const CHUNK = 4096

const decoder = new TextDecoder()

function writeLatin1(into: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i)
}
