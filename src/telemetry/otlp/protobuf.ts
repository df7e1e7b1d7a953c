/**
 * Writes the part of Protocol Buffers' wire format that OTLP needs, into one array that grows
 * (https://protobuf.dev/programming-guides/encoding). What is zero or empty is written too: whoever calls knows what a
 * missing field means.
 */
export class ProtoWriter {
  #bytes = new Uint8Array(4096)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  /** An integer that is not negative, up to 2⁵³. */
  uint(field: number, value: number): void {
    this.#tag(field, VARINT)
    this.#varint(value)
  }

  bool(field: number, value: boolean): void {
    this.uint(field, value ? 1 : 0)
  }

  /** A 64-bit integer as `int64` has it. */
  int64(field: number, value: number | bigint): void {
    this.#tag(field, VARINT)
    if (typeof value === 'number' && value >= 0) {
      this.#varint(value)
      return
    }
    let rest = BigInt.asUintN(64, BigInt(value))
    this.#grow(10)
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80
    this.#bytes[this.#at++] = Number(rest)
  }

  double(field: number, value: number): void {
    this.#tag(field, FIXED64)
    this.#grow(8)
    this.#view.setFloat64(this.#at, value, true)
    this.#at += 8
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, FIXED32)
    this.#grow(4)
    this.#view.setUint32(this.#at, value, true)
    this.#at += 4
  }

  /** An integer that is not negative; beyond 2⁵³ as near as a double comes. */
  fixed64(field: number, value: number): void {
    this.#tag(field, FIXED64)
    this.#fixed64(value)
  }

  string(field: number, text: string): void {
    this.#tag(field, DELIMITED)
    const { length } = text
    if (length < SHORT && this.#shortAscii(text)) return
    // In UTF-8 a UTF-16 unit has three octets at most.
    this.#grow(length * 3 + 5)
    const begin = this.#at
    this.#at += 1
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(this.#at))
    this.#at += written
    this.#putLength(begin)
  }

  /** Most texts are short and plain: for them the encoder of the platform takes three times as long. */
  #shortAscii(text: string): boolean {
    const { length } = text
    this.#grow(SHORT)
    const begin = this.#at
    const bytes = this.#bytes
    bytes[begin] = length
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return false
      bytes[begin + 1 + i] = code
    }
    this.#at = begin + 1 + length
    return true
  }

  /** Octets that are given as hexadecimal digits in lower case. */
  hex(field: number, digits: string): void {
    this.#tag(field, DELIMITED)
    const length = digits.length >> 1
    this.#varint(length)
    this.#grow(length)
    for (let i = 0; i < digits.length; i += 2) {
      this.#bytes[this.#at++] = (digitOf(digits.charCodeAt(i)) << 4) | digitOf(digits.charCodeAt(i + 1))
    }
  }

  /** Many `fixed64` in one field. */
  packedFixed64(field: number, values: ArrayLike<number>): void {
    this.#tag(field, DELIMITED)
    this.#varint(values.length * 8)
    for (let i = 0; i < values.length; i++) this.#fixed64(values[i]!)
  }

  /** Many `double` in one field. */
  packedDouble(field: number, values: ArrayLike<number>): void {
    this.#tag(field, DELIMITED)
    this.#varint(values.length * 8)
    this.#grow(values.length * 8)
    for (let i = 0; i < values.length; i++, this.#at += 8) this.#view.setFloat64(this.#at, values[i]!, true)
  }

  /** Begins a message within; what is written from now on belongs to it. @returns what `end` wants */
  begin(field: number): number {
    this.#tag(field, DELIMITED)
    this.#grow(1)
    return this.#at++
  }

  /** Ends the message that began last. */
  end(begin: number): void {
    this.#grow(5)
    this.#putLength(begin)
  }

  /** All that was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at)
  }

  /** Puts the length of what has been written into the place that was left for it, which most often is large enough. */
  #putLength(begin: number): void {
    const length = this.#at - begin - 1
    let size = 1
    for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
    if (size > 1) this.#bytes.copyWithin(begin + size, begin + 1, this.#at)
    this.#at = begin
    this.#varint(length)
    this.#at += length
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type)
  }

  #varint(value: number): void {
    this.#grow(10)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#at++] = rest
  }

  #fixed64(value: number): void {
    this.#grow(8)
    const high = Math.floor(value / 0x1_0000_0000)
    this.#view.setUint32(this.#at, value - high * 0x1_0000_0000, true)
    this.#view.setUint32(this.#at + 4, high, true)
    this.#at += 8
  }

  #grow(more: number): void {
    if (this.#at + more <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + more))
    larger.set(this.#bytes)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}

/** Texts of fewer characters have a length of one octet. */
const SHORT = 128

const VARINT = 0
const FIXED64 = 1
const DELIMITED = 2
const FIXED32 = 5

const encoder = new TextEncoder()

const digitOf = (code: number): number => (code < 58 ? code - 48 : code - 87)
