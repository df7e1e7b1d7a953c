import { octetsOf, textOf } from '../go-text.ts'
import { type FunctionGroup, fn, text } from './function.ts'

/** Why a text is no base 64 or 32; the message is Go's. */
class CorruptInput extends Error {
  constructor(base: 32 | 64, at: number) {
    super(`illegal base${base} data at input byte ${at}`)
  }
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Groups of `size` characters with `bits` bits each, filled up with `=`. */
function encode(octets: Uint8Array, alphabet: string, bits: number, size: number): string {
  let out = ''
  let value = 0
  let held = 0
  for (const octet of octets) {
    value = (value << 8) | octet
    held += 8
    while (held >= bits) {
      held -= bits
      out += alphabet[(value >> held) & (alphabet.length - 1)]
    }
    value &= (1 << held) - 1
  }
  if (held > 0) out += alphabet[(value << (bits - held)) & (alphabet.length - 1)]
  return out.padEnd(Math.ceil(out.length / size) * size, '=')
}

export const base64 = (octets: Uint8Array): string => encode(octets, BASE64, 6, 4)

function unpack(digits: readonly number[], bits: number): Uint8Array {
  const octets = new Uint8Array(Math.floor((digits.length * bits) / 8))
  let value = 0
  let held = 0
  let at = 0
  for (const digit of digits) {
    value = (value << bits) | digit
    held += bits
    if (held >= 8) {
      held -= 8
      octets[at++] = (value >> held) & 0xff
    }
    value &= (1 << held) - 1
  }
  return octets
}

const isLineEnd = (octet: number | undefined): boolean => octet === 10 || octet === 13
const PAD = '='.charCodeAt(0)

const digitsOf = (alphabet: string): ReadonlyMap<number, number> =>
  new Map(Array.from(alphabet, (char, digit) => [char.charCodeAt(0), digit]))
const DIGITS64 = digitsOf(BASE64)
const DIGITS32 = digitsOf(BASE32)

/** Go's `base64.StdEncoding.DecodeString`; throws `CorruptInput` with its message. */
function decodeBase64(plain: string): Uint8Array {
  const octets = octetsOf(plain)
  const digits: number[] = []
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at]!
    if (isLineEnd(octet)) continue
    const digit = DIGITS64.get(octet)
    if (digit !== undefined) {
      digits.push(digit)
      continue
    }
    const held = digits.length % 4
    if (octet !== PAD || held < 2) throw new CorruptInput(64, at)
    const skipLineEnds = () => {
      while (isLineEnd(octets[at + 1])) at++
    }
    skipLineEnds()
    if (held === 2) {
      if (at + 1 >= octets.length) throw new CorruptInput(64, octets.length)
      if (octets[at + 1] !== PAD) throw new CorruptInput(64, at)
      at++
      skipLineEnds()
    }
    if (at + 1 < octets.length) throw new CorruptInput(64, at + 1)
    return unpack(digits, 6)
  }
  if (digits.length % 4 !== 0) throw new CorruptInput(64, octets.length - (digits.length % 4))
  return unpack(digits, 6)
}

/** The numbers of characters of a last group that give whole octets. */
const WHOLE_GROUPS: ReadonlySet<number> = new Set([2, 4, 5, 7])

/** Go's `base32.StdEncoding.DecodeString`. */
function decodeBase32(plain: string): Uint8Array {
  const octets = octetsOf(plain).filter((octet) => !isLineEnd(octet))
  const digits: number[] = []
  for (const [at, octet] of octets.entries()) {
    const held = digits.length % 8
    if (octet === PAD && held >= 2 && octets.length - at <= 8) {
      const missing = 8 - held
      if (octets.length - at < missing) throw new CorruptInput(32, octets.length)
      const other = octets.subarray(at, at + missing).findIndex((next) => next !== PAD)
      if (other !== -1) throw new CorruptInput(32, at + other - 1)
      if (!WHOLE_GROUPS.has(held)) throw new CorruptInput(32, at)
      return unpack(digits, 5)
    }
    const digit = DIGITS32.get(octet)
    if (digit === undefined) throw new CorruptInput(32, at)
    digits.push(digit)
  }
  if (digits.length % 8 !== 0) throw new CorruptInput(32, octets.length - (digits.length % 8))
  return unpack(digits, 5)
}

/** What is no encoding gives the reason as its text, as in Sprig. */
function decoded(plain: string, decode: (plain: string) => Uint8Array): string {
  try {
    return textOf(decode(plain))
  } catch (error) {
    if (error instanceof CorruptInput) return error.message
    throw error
  }
}

/** Null where it is none. */
export function base64Octets(plain: string): Uint8Array | string {
  try {
    return decodeBase64(plain)
  } catch (error) {
    if (error instanceof CorruptInput) return error.message
    throw error
  }
}

/** A function of one text. */
const ofText = (run: (plain: string) => string) =>
  fn([text], ([plain], { budget }) => {
    budget.runes(plain.length)
    return run(plain)
  })

export const encodingFunctions: FunctionGroup = {
  b64enc: ofText((plain) => base64(octetsOf(plain))),
  b64dec: ofText((plain) => decoded(plain, decodeBase64)),
  b32enc: ofText((plain) => encode(octetsOf(plain), BASE32, 5, 8)),
  b32dec: ofText((plain) => decoded(plain, decodeBase32)),
}
