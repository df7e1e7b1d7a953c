import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { scrypt } from '@noble/hashes/scrypt.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import { octetLength, octetsOf, textOf } from '../go-text.ts'
import { CallError } from '../limits.ts'
import { base64, base64Octets } from './encoding.ts'
import { any, type CallContext, type FunctionGroup, fn, int, text, uint32, variadic } from './function.ts'
import { passwordOf } from './master-password.ts'

/** In steps, so that a template can't keep a processor for long. */
const BCRYPT_STEPS = 200_000
const SCRYPT_STEPS = 1_000_000
const KEY_STEPS = 1_000_000

const hashing = (hash: (octets: Uint8Array) => Uint8Array) =>
  fn([text], ([plain], { budget }) => {
    budget.text(plain.length * 4)
    return bytesToHex(hash(octetsOf(plain)))
  })

function adler32(octets: Uint8Array): number {
  let low = 1
  let high = 0
  for (const octet of octets) {
    low = (low + octet) % 65521
    high = (high + low) % 65521
  }
  return high * 65536 + low
}

/** More of a password does not count, so Go refuses it. */
const MAX_BCRYPT = 72

function bcrypt(plain: string, { ports, budget }: CallContext): string {
  budget.spend(BCRYPT_STEPS)
  if (octetLength(plain) > MAX_BCRYPT) {
    return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes'
  }
  return ports.bcrypt(plain)
}

/** The version's bits are set, as RFC 9562 wants them. */
function uuid(octets: Uint8Array): string {
  const marked = Uint8Array.from(octets, (octet, at) => {
    if (at === 6) return (octet & 0x0f) | 0x40
    return at === 8 ? (octet & 0x3f) | 0x80 : octet
  })
  return bytesToHex(marked).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

const AES_BLOCK = 16
const AES_KEY = 32

function aesKey(password: string): Uint8Array {
  const key = new Uint8Array(AES_KEY)
  key.set(octetsOf(password).subarray(0, AES_KEY))
  return key
}

function encryptAes(password: string, plain: string, { ports, budget }: CallContext): string {
  if (plain === '') return ''
  budget.text(plain.length * 2)
  const octets = octetsOf(plain)
  const padding = AES_BLOCK - (octets.length % AES_BLOCK)
  const iv = ports.randomOctets(AES_BLOCK)
  const padded = concatBytes(octets, new Uint8Array(padding).fill(padding))
  return base64(concatBytes(iv, ports.aes('encrypt', aesKey(password), iv, padded)))
}

function decryptAes(password: string, encoded: string, { ports, budget }: CallContext): string {
  if (encoded === '') return ''
  budget.text(encoded.length)
  const octets = base64Octets(encoded)
  if (typeof octets === 'string') throw new CallError(octets)
  if (octets.length < AES_BLOCK) {
    throw new CallError(`runtime error: slice bounds out of range [:${AES_BLOCK}] with capacity ${octets.length}`)
  }
  const body = octets.subarray(AES_BLOCK)
  if (body.length % AES_BLOCK !== 0) throw new CallError('crypto/cipher: input not full blocks')
  if (body.length === 0) throw new CallError('runtime error: index out of range [-1]')
  const plain = ports.aes('decrypt', aesKey(password), octets.subarray(0, AES_BLOCK), body)
  const end = plain.length - plain[plain.length - 1]!
  if (end < 0) throw new CallError(`runtime error: slice bounds out of range [:${end}]`)
  return textOf(plain.subarray(0, end))
}

function derivePassword(
  counter: number,
  kind: string,
  secrets: readonly [string, string, string],
  context: CallContext,
) {
  context.budget.spend(SCRYPT_STEPS)
  return passwordOf(counter, kind, secrets, {
    scrypt: (password, salt) => scrypt(password, salt, { N: 32_768, r: 8, p: 2, dkLen: 64 }),
    hmac: (key, message) => hmac(sha256, key, message),
  })
}

const KEY_KINDS: Readonly<Record<string, 'rsa' | 'ecdsa' | 'ed25519'>> = {
  '': 'rsa',
  rsa: 'rsa',
  ecdsa: 'ecdsa',
  ed25519: 'ed25519',
}

function privateKey(kind: string, { ports, budget }: CallContext): string {
  budget.spend(KEY_STEPS)
  const known = Object.hasOwn(KEY_KINDS, kind) ? KEY_KINDS[kind] : undefined
  if (known !== undefined) return ports.privateKey(known)
  if (kind === 'dsa') throw new CallError('DSA keys are not available', 'take "rsa", "ecdsa" or "ed25519"')
  return `Unknown type ${kind}`
}

/** Certificates in routing files are made elsewhere and named there. */
const noCertificates = variadic([], any, () => {
  throw new CallError('certificates can not be made here', 'make it with another tool and give its file as certFile')
})

export const cryptoFunctions: FunctionGroup = {
  sha1sum: hashing(sha1),
  sha256sum: hashing(sha256),
  adler32sum: fn([text], ([plain], { budget }) => {
    budget.text(plain.length)
    return String(adler32(octetsOf(plain)))
  }),
  bcrypt: fn([text], ([plain], context) => bcrypt(plain, context)),
  htpasswd: fn([text, text], ([user, password], context) =>
    user.includes(':') ? `invalid username: ${user}` : `${user}:${bcrypt(password, context)}`,
  ),
  derivePassword: fn([uint32, text, text, text, text], ([counter, kind, password, user, site], context) =>
    derivePassword(counter, kind, [password, user, site], context),
  ),
  encryptAES: fn([text, text], ([password, plain], context) => encryptAes(password, plain, context)),
  decryptAES: fn([text, text], ([password, encoded], context) => decryptAes(password, encoded, context)),
  randBytes: fn([int], ([count], { ports, budget }) => {
    if (count < 0) throw new CallError('runtime error: makeslice: len out of range')
    budget.text(count * 2)
    return base64(ports.randomOctets(count))
  }),
  uuidv4: fn([], (_, { ports }) => uuid(ports.randomOctets(16))),
  genPrivateKey: fn([text], ([kind], context) => privateKey(kind, context)),
  genCA: noCertificates,
  genCAWithKey: noCertificates,
  genSelfSignedCert: noCertificates,
  genSelfSignedCertWithKey: noCertificates,
  genSignedCert: noCertificates,
  genSignedCertWithKey: noCertificates,
  buildCustomCert: noCertificates,
}
