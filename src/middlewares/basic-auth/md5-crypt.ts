import { md5 } from '@noble/hashes/legacy.js'
import { bytesOf } from '../shared/bytes.ts'

/**
 * Poul-Henning Kamp's MD5-crypt as FreeBSD (`$1$`) and Apache (`$apr1$`) have it.
 * @param password byte string
 * @param magic with its dollar signs
 * @returns `$magic$salt$hash`
 */
export function md5Crypt(password: string, salt: string, magic: string): string {
  const secret = bytesOf(password)
  const salty = bytesOf(salt)
  const mixin = md5(concat([secret, salty, secret]))
  const parts: Uint8Array[] = [secret, bytesOf(magic), salty]
  for (let left = secret.length; left > 0; left -= 16) parts.push(mixin.subarray(0, Math.min(16, left)))
  for (let bits = secret.length; bits > 0; bits >>= 1) {
    parts.push((bits & 1) === 1 ? ZERO : secret.subarray(0, 1))
  }
  let digest = md5(concat(parts))
  for (let round = 0; round < 1000; round++) {
    const odd = (round & 1) === 1
    const step: Uint8Array[] = [odd ? secret : digest]
    if (round % 3 !== 0) step.push(salty)
    if (round % 7 !== 0) step.push(secret)
    step.push(odd ? digest : secret)
    digest = md5(concat(step))
  }
  return `${magic}${salt}$${encode(digest)}`
}

const ZERO = new Uint8Array(1)

function concat(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0
  for (const part of parts) size += part.length
  const all = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Six bits a character, least significant first, the bytes in crypt's own order. */
function encode(digest: Uint8Array): string {
  let out = ''
  const put = (value: number, characters: number): void => {
    for (let i = 0; i < characters; i++) out += ALPHABET[(value >> (6 * i)) & 63]
  }
  for (let i = 0; i < 5; i++) put((digest[i]! << 16) | (digest[i + 6]! << 8) | digest[i === 4 ? 5 : i + 12]!, 4)
  put(digest[11]!, 2)
  return out
}
