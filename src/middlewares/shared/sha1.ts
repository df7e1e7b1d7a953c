/** SHA-1 (FIPS 180-4) of bytes, 20 bytes, at once; for `{SHA}` passwords and `hmacSha1`. */
export function sha1(message: Uint8Array): Uint8Array {
  const size = message.length
  const padded = new Uint8Array(((size + 8) >> 6) * 64 + 64)
  padded.set(message)
  padded[size] = 0x80
  const input = new DataView(padded.buffer)
  input.setUint32(padded.length - 8, size >>> 29)
  input.setUint32(padded.length - 4, size << 3)

  let a0 = 0x67452301
  let b0 = 0xefcdab89 | 0
  let c0 = 0x98badcfe | 0
  let d0 = 0x10325476
  let e0 = 0xc3d2e1f0 | 0
  for (let block = 0; block < padded.length; block += 64) {
    let a = a0
    let b = b0
    let c = c0
    let d = d0
    let e = e0
    for (let i = 0; i < 80; i++) {
      if (i < 16) words[i] = input.getInt32(block + i * 4)
      else words[i] = rotate(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1)
      let mixed: number
      if (i < 20) mixed = (((b & c) | (~b & d)) + 0x5a827999) | 0
      else if (i < 40) mixed = ((b ^ c ^ d) + 0x6ed9eba1) | 0
      else if (i < 60) mixed = (((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc) | 0
      else mixed = ((b ^ c ^ d) + 0xca62c1d6) | 0
      const sum = (rotate(a, 5) + mixed + e + words[i]!) | 0
      e = d
      d = c
      c = rotate(b, 30)
      b = a
      a = sum
    }
    a0 = (a0 + a) | 0
    b0 = (b0 + b) | 0
    c0 = (c0 + c) | 0
    d0 = (d0 + d) | 0
    e0 = (e0 + e) | 0
  }
  const digest = new Uint8Array(20)
  const output = new DataView(digest.buffer)
  output.setInt32(0, a0)
  output.setInt32(4, b0)
  output.setInt32(8, c0)
  output.setInt32(12, d0)
  output.setInt32(16, e0)
  return digest
}

/** The message schedule, overwritten by every call. */
const words = new Int32Array(80)

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

/** HMAC-SHA-1 (RFC 2104) with a key of at most 64 bytes. */
export function hmacSha1(key: Uint8Array, message: Uint8Array): Uint8Array {
  const inner = new Uint8Array(64 + message.length).fill(0x36, 0, 64)
  const outer = new Uint8Array(64 + 20).fill(0x5c, 0, 64)
  for (let i = 0; i < key.length; i++) {
    inner[i]! ^= key[i]!
    outer[i]! ^= key[i]!
  }
  inner.set(message, 64)
  outer.set(sha1(inner), 64)
  return sha1(outer)
}
