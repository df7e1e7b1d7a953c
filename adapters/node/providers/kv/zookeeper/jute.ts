import { Chunks } from '../../../sockets/chunks.ts'

/** How ZooKeeper writes records: numbers in network order, texts and vectors with their length before them. */

const LENGTH_BYTES = 4

/** Writes a record. */
export class JuteWriter {
  readonly #parts: Buffer[] = []

  int(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    this.#parts.push(bytes)
    return this
  }

  long(value: bigint): this {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(value)
    this.#parts.push(bytes)
    return this
  }

  flag(value: boolean): this {
    this.#parts.push(Buffer.from([value ? 1 : 0]))
    return this
  }

  /** A text or octets. */
  bytes(value: string | Buffer): this {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value
    this.int(bytes.length)
    this.#parts.push(bytes)
    return this
  }

  /** What another one has written. */
  record(writer: JuteWriter): this {
    this.#parts.push(...writer.#parts)
    return this
  }

  /** The record with its length before it. */
  packet(): Buffer {
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeInt32BE(this.#parts.reduce((sum, part) => sum + part.length, 0))
    return Buffer.concat([length, ...this.#parts])
  }
}

/** Reads a record; each method throws an Error where the record ends too early. */
export class JuteReader {
  readonly #record: Buffer
  #at = 0

  constructor(record: Buffer) {
    this.#record = record
  }

  int(): number {
    return this.#next(4).readInt32BE()
  }

  long(): bigint {
    return this.#next(8).readBigInt64BE()
  }

  /** Octets; none where they are null. */
  bytes(): Buffer {
    return this.#next(Math.max(0, this.int()))
  }

  text(): string {
    return this.bytes().toString('utf8')
  }

  texts(): string[] {
    const count = this.int()
    // Each has four octets of length at least.
    if (count > (this.#record.length - this.#at) / 4) throw new Error(MALFORMED)
    return Array.from({ length: Math.max(0, count) }, () => this.text())
  }

  skip(bytes: number): this {
    this.#next(bytes)
    return this
  }

  #next(bytes: number): Buffer {
    const end = this.#at + bytes
    if (end > this.#record.length) throw new Error(MALFORMED)
    const part = this.#record.subarray(this.#at, end)
    this.#at = end
    return part
  }
}

const MALFORMED = 'malformed packet'

/** Cuts what comes into packets. */
export class PacketSplitter {
  readonly #maxBytes: number
  readonly #chunks = new Chunks()

  /** @param maxBytes of one packet */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @throws Error where a packet is longer than allowed */
  *take(chunk: Buffer): Generator<Buffer> {
    this.#chunks.push(chunk)
    while (this.#chunks.length >= LENGTH_BYTES) {
      const length = this.#chunks.peek(LENGTH_BYTES).readInt32BE()
      if (length < 0 || length > this.#maxBytes) throw new Error('a packet is too long')
      if (this.#chunks.length < LENGTH_BYTES + length) return
      yield this.#chunks.take(LENGTH_BYTES + length).subarray(LENGTH_BYTES)
    }
  }
}
