/** One octet that says whether it is compressed, four of length. */
const HEAD_BYTES = 5

/** A message as it is sent. */
export function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** Cuts what comes into messages. */
export class MessageSplitter {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #length = 0

  /** @param maxBytes of one message */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** False in the middle of a message. */
  get isBetweenMessages(): boolean {
    return this.#length === 0
  }

  /** @throws Error where a message is longer than allowed, or compressed */
  *take(chunk: Buffer): Generator<Buffer> {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    for (;;) {
      if (this.#length < HEAD_BYTES) return
      const head = this.#first(HEAD_BYTES)
      if (head[0] !== 0) throw new Error('malformed answer')
      const end = HEAD_BYTES + head.readUInt32BE(1)
      if (end > this.#maxBytes + HEAD_BYTES) throw new MessageTooLong()
      if (this.#length < end) return
      const all = this.#first(end)
      const message = all.subarray(HEAD_BYTES, end)
      this.#chunks = all.length > end ? [all.subarray(end)] : []
      this.#length = all.length - end
      yield message
    }
  }

  /** At least so many of the octets that are there, in one piece: put together only where they are in several. */
  #first(bytes: number): Buffer {
    if (this.#chunks[0]!.length < bytes) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]!
  }
}

/** A message is longer than is taken. */
export class MessageTooLong extends Error {
  constructor() {
    super('answer is too long')
  }
}
