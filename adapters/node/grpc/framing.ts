import { Chunks } from '../sockets/chunks.ts'

/** One octet that says whether it is compressed, four of length. */
const HEAD_BYTES = 5

/** A message as it is sent. */
export function frame(message: Uint8Array, isCompressed = false): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  if (isCompressed) head[0] = 1
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** Cuts what comes into messages. */
export class MessageSplitter {
  readonly #maxBytes: number
  readonly #takesCompressed: boolean
  readonly #chunks = new Chunks()

  /**
   * @param maxBytes of one message
   * @param takesCompressed compressed messages come out as they are, else they are an error
   */
  constructor(maxBytes: number, takesCompressed = false) {
    this.#maxBytes = maxBytes
    this.#takesCompressed = takesCompressed
  }

  /** False in the middle of a message. */
  get isBetweenMessages(): boolean {
    return this.#chunks.length === 0
  }

  /** @throws Error where a message is longer than allowed, or compressed and none such is taken */
  *take(chunk: Buffer): Generator<Buffer> {
    this.#chunks.push(chunk)
    while (this.#chunks.length >= HEAD_BYTES) {
      const head = this.#chunks.peek(HEAD_BYTES)
      if (head[0] !== 0 && !(this.#takesCompressed && head[0] === 1)) throw new MalformedAnswer()
      const length = head.readUInt32BE(1)
      if (length > this.#maxBytes) throw new MessageTooLong()
      if (this.#chunks.length < HEAD_BYTES + length) return
      yield this.#chunks.take(HEAD_BYTES + length).subarray(HEAD_BYTES)
    }
  }
}

/** What came is not the answer to a call. */
export class MalformedAnswer extends Error {
  constructor() {
    super('malformed answer')
  }
}

/** A message is longer than is taken. */
export class MessageTooLong extends Error {
  constructor() {
    super('answer is too long')
  }
}
