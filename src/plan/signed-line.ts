/**
 * Everything that reaches a worker from the people who run it is one line of text, signed:
 *
 *     FORMAT PUBLIC_KEY SIGNATURE {"audience":"shop/production",…}
 *
 * The format says what it is (`signalbox-plan/2`), so that nothing signed for one purpose passes for another; the
 * audience says for which worker. Key (32 bytes) and signature (64 bytes) are base64url. Ed25519 signs everything but
 * the signature and the blank behind it.
 */
const LINE = /^([a-z-]{1,40}\/[0-9]{1,6}) ([A-Za-z0-9_-]{43}) ([A-Za-z0-9_-]{86}) (\{.*\})$/s

/** What is signed: some plain JSON, and for whom. */
export interface Signed {
  /** The `SIGNALBOX_AUDIENCE` of the worker that it is for; empty: of workers that have none. */
  readonly audience: string
}

/** What signs. */
export interface Signer {
  readonly privateKey: CryptoKey
  /** 32 bytes in base64url: what the worker is given. */
  readonly publicKey: string
}

/** Whom a reader believes, and who it is. */
export interface Reader {
  readonly keys: TrustedKeys
  readonly audience: string
}

/** Public keys by their base64url text. */
export type TrustedKeys = ReadonlyMap<string, CryptoKey>

/** Why a signed value is refused; says what is wrong, never what it holds. */
export class SignedValueError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SignedValueError'
  }
}

/**
 * Reads a list of base64url Ed25519 keys, separated by commas or blanks.
 * @throws SignedValueError for a key that is none
 */
export async function importPublicKeys(list: string): Promise<TrustedKeys> {
  const keys = new Map<string, CryptoKey>()
  for (const text of list.split(/[\s,]+/)) {
    if (text === '') continue
    if (!/^[A-Za-z0-9_-]{43}$/.test(text)) throw new SignedValueError('a public key is not 32 bytes in base64url')
    keys.set(text, await crypto.subtle.importKey('raw', fromBase64Url(text), 'Ed25519', false, ['verify']))
  }
  return keys
}

/** The line; the content is plain JSON. */
export async function signLine<C extends Signed>(
  format: string,
  content: C,
  { privateKey, publicKey }: Signer,
): Promise<string> {
  const payload = JSON.stringify(content)
  const signed = encoder.encode(`${format} ${publicKey} ${payload}`)
  const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, signed))
  return `${format} ${publicKey} ${toBase64Url(signature)} ${payload}`
}

/**
 * What a line says: its format, the key and the signature are checked before anything in it is looked at.
 * @throws SignedValueError
 */
export async function openLine(line: string, format: string, { keys, audience }: Reader): Promise<Signed & Unchecked> {
  const [, found, publicKey, signature, payload] = LINE.exec(line) ?? []
  if (found === undefined) throw new SignedValueError('the value is not signed')
  if (found !== format) throw new SignedValueError(`the value has the format ${found}, not ${format}`)
  const key = keys.get(publicKey!)
  if (key === undefined) throw new SignedValueError('it is signed by a key that is not trusted')
  const signed = encoder.encode(`${format} ${publicKey} ${payload}`)
  if (!(await crypto.subtle.verify('Ed25519', key, fromBase64Url(signature!), signed))) {
    throw new SignedValueError('the signature does not fit')
  }
  const content = contentOf(payload!)
  if (content.audience !== audience) throw new SignedValueError('it is signed for another worker (its audience)')
  return { ...content, audience }
}

/** Who signed a line that nobody has checked: empty where it is no such line. */
export const signerOf = (line: string): string => LINE.exec(line)?.[2] ?? ''

/** Whom an unchecked line is for; empty where it does not say. */
export function audienceOf(line: string): string {
  const payload = LINE.exec(line)?.[4]
  const audience = payload === undefined ? '' : contentOf(payload).audience
  return typeof audience === 'string' ? audience : ''
}

/**
 * Reads a line by the key and the audience that it names itself: what it says is as it was signed, but nobody has said
 * that whoever signed it is to be believed. Good for messages only.
 * @throws SignedValueError
 */
export const readerFor = async (line: string): Promise<Reader> => ({
  keys: await importPublicKeys(signerOf(line)),
  audience: audienceOf(line),
})

/** JSON of which nothing is known yet. */
export type Unchecked = Readonly<Record<string, unknown>>

/** @throws SignedValueError for a text that is no object of JSON */
export function contentOf(payload: string): Unchecked {
  try {
    const value: unknown = JSON.parse(payload)
    if (isRecord(value)) return value
  } catch {
    // Said below, for every text that is none.
  }
  throw new SignedValueError('what is signed is no JSON')
}

export const isRecord = (value: unknown): value is Unchecked =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const encoder = new TextEncoder()

export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
}
