import { PLAN_VERSION, type Plan } from './plan.ts'

/**
 * How a plan travels to the edge: one text value, so that readers never see half of a change. A header names the
 * format, the key and the signature; everything after it is the JSON that was signed, byte for byte. There is no line
 * end in it, which some ways of sending text would rewrite.
 *
 *     signalbox-plan/1 PUBLIC_KEY SIGNATURE {"revision":…,"rollbackOf":null,"publishedAt":"…","plan":{…}}
 *
 * Key (32 bytes) and signature (64 bytes) are base64url. Ed25519 signs everything but the signature and the blank
 * behind it.
 */
const FORMAT = 'signalbox-plan/1'

const HEADER = /^signalbox-plan\/1 ([A-Za-z0-9_-]{43}) ([A-Za-z0-9_-]{86}) $/

/** Bytes of a header, with the blank behind it. */
const HEADER_LENGTH = FORMAT.length + 1 + 43 + 1 + 86 + 1

/** KV's own limit for a value, in bytes. */
const SIZE_LIMIT = 25 * 1024 * 1024

/** What is signed: a plan and its place in the order of publications. */
export interface Publication {
  /** Positive, grows with every publication; readers refuse a smaller one than they have. */
  readonly revision: number
  /**
   * The revision whose plan this publication brings back: a rollback gets a new revision too, so it can't be replayed.
   */
  readonly rollbackOf: number | null
  /** ISO 8601. */
  readonly publishedAt: string
  readonly plan: Plan
}

/** Why a published value is refused; says what is wrong, never what it holds. */
export class PublicationError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PublicationError'
  }
}

/** A public key a reader trusts, by its base64url text. */
export type TrustedKeys = ReadonlyMap<string, CryptoKey>

/**
 * Reads a list of base64url Ed25519 keys, separated by commas or blanks.
 * @throws PublicationError for a key that is none
 */
export async function importPublicKeys(list: string): Promise<TrustedKeys> {
  const keys = new Map<string, CryptoKey>()
  for (const text of list.split(/[\s,]+/)) {
    if (text === '') continue
    if (!/^[A-Za-z0-9_-]{43}$/.test(text)) throw new PublicationError('a public key is not 32 bytes in base64url')
    keys.set(text, await crypto.subtle.importKey('raw', fromBase64Url(text), 'Ed25519', false, ['verify']))
  }
  return keys
}

/** The text to publish. */
export async function sign(publication: Publication, privateKey: CryptoKey, publicKey: string): Promise<string> {
  const payload = JSON.stringify(publication)
  const signed = encoder.encode(`${FORMAT} ${publicKey} ${payload}`)
  const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, signed))
  return `${FORMAT} ${publicKey} ${toBase64Url(signature)} ${payload}`
}

/** The header of a published value: equal ones mean an equal publication. */
export const headerOf = (value: Uint8Array): string => decoder.decode(value.subarray(0, HEADER_LENGTH))

/**
 * Checks format, key and signature before it looks at anything else.
 * @throws PublicationError
 */
export async function open(value: Uint8Array, keys: TrustedKeys): Promise<Publication> {
  if (value.byteLength > SIZE_LIMIT) throw new PublicationError('the value is too large')
  const match = HEADER.exec(headerOf(value))
  if (match === null) throw new PublicationError('the value is no signed plan')
  const [, publicKey, signature] = match
  const key = keys.get(publicKey!)
  if (key === undefined) throw new PublicationError('it is signed by a key that is not trusted')
  const payload = value.subarray(HEADER_LENGTH)
  const prefix = encoder.encode(`${FORMAT} ${publicKey} `)
  const signed = new Uint8Array(prefix.length + payload.length)
  signed.set(prefix)
  signed.set(payload, prefix.length)
  if (!(await crypto.subtle.verify('Ed25519', key, fromBase64Url(signature!), signed))) {
    throw new PublicationError('the signature does not fit')
  }
  return read(payload)
}

function read(payload: Uint8Array): Publication {
  const value: unknown = JSON.parse(decoder.decode(payload))
  if (typeof value !== 'object' || value === null) throw new PublicationError('the signed value is no publication')
  const { revision, rollbackOf, publishedAt, plan } = value as Partial<Record<keyof Publication, unknown>>
  if (!isRevision(revision) || (rollbackOf !== null && !isRevision(rollbackOf)) || typeof publishedAt !== 'string') {
    throw new PublicationError('the signed value is no publication')
  }
  const version = (plan as Partial<Plan> | null | undefined)?.version
  if (version !== PLAN_VERSION) {
    throw new PublicationError(`the plan has version ${String(version)}, this worker reads ${PLAN_VERSION}`)
  }
  return { revision, rollbackOf, publishedAt, plan: plan as Plan }
}

const isRevision = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
}
