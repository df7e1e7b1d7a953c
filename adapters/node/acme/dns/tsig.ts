import { createHmac, timingSafeEqual } from 'node:crypto'
import {
  afterName,
  CLASS_ANY,
  type DnsReply,
  type DnsUpdate,
  nameBytes,
  recordBytes,
  TYPE_TSIG,
  u16,
  u32,
  withAdditional,
} from '../../names/dns-message.ts'

/** A shared key for messages (RFC 8945). */
export interface TsigKey {
  readonly name: string
  /** `hmac-sha256` …, without a dot at the end. */
  readonly algorithm: string
  readonly secret: Buffer
}

const HASHES: Readonly<Record<string, string>> = {
  'hmac-sha1': 'sha1',
  'hmac-sha224': 'sha224',
  'hmac-sha256': 'sha256',
  'hmac-sha384': 'sha384',
  'hmac-sha512': 'sha512',
}

/** Seconds by which clocks may differ. */
const FUDGE = 300

/** @throws Error that names the algorithm, or says that the secret is no base64 */
export function tsigKey(name: string, algorithm: string, secret: string): TsigKey {
  const plain = algorithm.toLowerCase().replace(/\.$/, '')
  if (!Object.hasOwn(HASHES, plain)) {
    throw new Error(`unsupported TSIG algorithm ${JSON.stringify(algorithm)}: one of ${Object.keys(HASHES).join(', ')}`)
  }
  if (secret === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(secret)) throw new Error('the TSIG secret is no base64')
  nameBytes(name)
  return { name, algorithm: plain, secret: Buffer.from(secret, 'base64') }
}

/** A signed message, and the signature that its answer builds on. */
export function signedUpdate(
  { id, bytes }: DnsUpdate,
  key: TsigKey,
  now: Date,
): { readonly bytes: Buffer; readonly mac: Buffer } {
  const time = Math.floor(now.getTime() / 1000)
  const mac = macOf(key, [bytes, variables(key, time, 0, Buffer.alloc(0))])
  const data = Buffer.concat([
    nameBytes(key.algorithm),
    timeBytes(time),
    u16(FUDGE),
    u16(mac.length),
    mac,
    u16(id),
    u16(0),
    u16(0),
  ])
  const record = recordBytes({ name: key.name, type: TYPE_TSIG, class: CLASS_ANY, ttl: 0, data })
  return { bytes: withAdditional(bytes, record), mac }
}

/** @throws Error where the answer is not signed by the key, or says that our signature is not good */
export function verifyReply(
  message: Buffer,
  { tsig, id }: DnsReply,
  key: TsigKey,
  requestMac: Buffer,
  now: Date,
): void {
  if (tsig === null) throw new Error('the name server’s answer is not signed')
  const { data } = tsig
  let at = afterName(data, 0)
  const time = data.readUIntBE(at, 6)
  const length = data.readUInt16BE(at + 8)
  const mac = data.subarray(at + 10, at + 10 + length)
  at += 10 + length
  const originalId = data.readUInt16BE(at)
  const error = data.readUInt16BE(at + 2)
  const other = data.subarray(at + 6, at + 6 + data.readUInt16BE(at + 4))
  if (error !== 0) throw new Error(`the name server does not take our signature: ${ERRORS[error] ?? `code ${error}`}`)
  const plain = Buffer.from(message.subarray(0, tsig.at))
  plain.writeUInt16BE(plain.readUInt16BE(10) - 1, 10)
  plain.writeUInt16BE(originalId, 0)
  const expected = macOf(key, [u16(requestMac.length), requestMac, plain, variables(key, time, error, other)])
  const isSame = mac.length === expected.length && timingSafeEqual(mac, expected)
  const isFresh = Math.abs(now.getTime() / 1000 - time) <= FUDGE
  if (!isSame || !isFresh || originalId !== id) throw new Error('the signature of the name server’s answer is not good')
}

const ERRORS: Readonly<Record<number, string>> = { 16: 'BADSIG', 17: 'BADKEY', 18: 'BADTIME', 22: 'BADTRUNC' }

const timeBytes = (seconds: number): Buffer => {
  const bytes = Buffer.alloc(6)
  bytes.writeUIntBE(seconds, 0, 6)
  return bytes
}

/** RFC 8945 §4.3.3. */
const variables = (key: TsigKey, time: number, error: number, other: Buffer): Buffer =>
  Buffer.concat([
    nameBytes(key.name),
    u16(CLASS_ANY),
    u32(0),
    nameBytes(key.algorithm),
    timeBytes(time),
    u16(FUDGE),
    u16(error),
    u16(other.length),
    other,
  ])

function macOf({ algorithm, secret }: TsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(HASHES[algorithm]!, secret)
  for (const part of parts) hmac.update(part)
  return hmac.digest()
}
