/** MD5 (RFC 1321) of bytes, 16 bytes: WebCrypto has none that answers at once. Only for formats that demand it. */
export function md5(message: Uint8Array): Uint8Array {
  const size = message.length
  const padded = new Uint8Array(((size + 8) >> 6) * 64 + 64)
  padded.set(message)
  padded[size] = 0x80
  const words = new DataView(padded.buffer)
  words.setUint32(padded.length - 8, size << 3, true)
  words.setUint32(padded.length - 4, size >>> 29, true)

  let a0 = 0x67452301
  let b0 = 0xefcdab89 | 0
  let c0 = 0x98badcfe | 0
  let d0 = 0x10325476
  for (let block = 0; block < padded.length; block += 64) {
    let a = a0
    let b = b0
    let c = c0
    let d = d0
    for (let i = 0; i < 64; i++) {
      const round = i >> 4
      let mixed: number
      let word: number
      if (round === 0) {
        mixed = (b & c) | (~b & d)
        word = i
      } else if (round === 1) {
        mixed = (d & b) | (~d & c)
        word = (5 * i + 1) & 15
      } else if (round === 2) {
        mixed = b ^ c ^ d
        word = (3 * i + 5) & 15
      } else {
        mixed = c ^ (b | ~d)
        word = (7 * i) & 15
      }
      const sum = (a + mixed + SINES[i]! + words.getInt32(block + word * 4, true)) | 0
      const shift = SHIFTS[round * 4 + (i & 3)]!
      a = d
      d = c
      c = b
      b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0
    }
    a0 = (a0 + a) | 0
    b0 = (b0 + b) | 0
    c0 = (c0 + c) | 0
    d0 = (d0 + d) | 0
  }
  const digest = new DataView(new ArrayBuffer(16))
  digest.setInt32(0, a0, true)
  digest.setInt32(4, b0, true)
  digest.setInt32(8, c0, true)
  digest.setInt32(12, d0, true)
  return new Uint8Array(digest.buffer)
}

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32))
