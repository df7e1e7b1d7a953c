/**
 * The part of Protocol Buffers' wire format that our messages need: https://protobuf.dev/programming-guides/encoding
 */

/** A field of a message: a number, or text, bytes or a message within. */
export interface ProtoField {
  readonly field: number
  /** Other wire types are left out: nothing that we read has them. */
  readonly value: bigint | Buffer
}

const VARINT = 0
const FIXED64 = 1
const DELIMITED = 2
const FIXED32 = 5

/** Reads the fields of a message, in their order. @throws Error where it is none */
export function* fieldsOf(message: Buffer): Generator<ProtoField> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++]
      if (byte === undefined) break
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new Error('malformed message')
  }
  /** A tag or a length, of 32 bits at most: far faster than the other. */
  const small = (): number => {
    let value = 0
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = message[at++]
      if (byte === undefined) break
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw new Error('malformed message')
  }
  const skip = (length: number): void => {
    at += length
    if (at > message.length) throw new Error('malformed message')
  }
  while (at < message.length) {
    const tag = small()
    const field = Math.floor(tag / 8)
    switch (tag % 8) {
      case VARINT:
        yield { field, value: varint() }
        break
      case DELIMITED: {
        const length = small()
        const begin = at
        skip(length)
        yield { field, value: message.subarray(begin, at) }
        break
      }
      case FIXED64:
        skip(8)
        break
      case FIXED32:
        skip(4)
        break
      default:
        throw new Error('malformed message')
    }
  }
}

/** Writes a message; what is zero or empty is left out, as the format has it. */
export class ProtoWriter {
  readonly #parts: Buffer[] = []

  /** @param value not negative */
  number(field: number, value: number | bigint | boolean): this {
    const number = BigInt(value)
    if (number !== 0n) this.#parts.push(varint(BigInt(field * 8 + VARINT)), varint(number))
    return this
  }

  /** Text, bytes, or a message. */
  bytes(field: number, value: string | Buffer): this {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value
    if (bytes.length > 0) {
      this.#parts.push(varint(BigInt(field * 8 + DELIMITED)), varint(BigInt(bytes.length)), bytes)
    }
    return this
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}
