import { collected } from './collected.ts'
import { headLine } from './head-line.ts'
import {
  contentOf,
  isRecord,
  openLine,
  type Reader,
  type Signed,
  SignedValueError,
  type Signer,
  signLine,
  toBase64Url,
  type Unchecked,
} from './signed-line.ts'

/**
 * A large value as it travels to the edge: one value, so that readers never see half of a change. A signed line, a line
 * feed, and the bytes that it vouches for: JSON in gzip. The line alone says whether the rest is worth reading, and
 * nothing is inflated that a trusted key has not signed.
 */

/** Bytes of a whole value: KV's own limit. */
const VALUE_LIMIT = 25 * 1024 * 1024

/** Bytes of the JSON: an isolate has 128 MB for everything. */
const JSON_LIMIT = 32 * 1024 * 1024

/** Bytes of JSON that a byte of gzip may stand for, once there is more than `SMALL` of it. */
const RATIO_LIMIT = 200
const SMALL = 1024 * 1024

/** What the line says of the bytes behind it. */
export interface Packed extends Signed {
  /** Bytes of the JSON. */
  readonly size: number
  /** SHA-256 of the JSON, base64url: equal contents have equal ones, however they were packed. */
  readonly digest: string
  /** Bytes of gzip, and their SHA-256 in base64url. */
  readonly packed: { readonly bytes: number; readonly digest: string }
}

/**
 * Packs and signs.
 * @param head what the line says beside
 * @param content plain JSON, or the text of some
 * @throws SignedValueError for what no reader would take
 */
export async function pack<H extends Signed>(
  format: string,
  head: H,
  content: object | string,
  signer: Signer,
): Promise<{ readonly value: Uint8Array; readonly head: H & Packed }> {
  const json = new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content))
  const bytes = await gzip(json)
  const sizes = { size: json.length, digest: await digestOf(json) }
  const whole = { ...head, ...sizes, packed: { bytes: bytes.length, digest: await digestOf(bytes) } }
  const line = new TextEncoder().encode(await signLine(format, whole, signer))
  const value = new Uint8Array(line.length + 1 + bytes.length)
  value.set(line)
  value[line.length] = LINE_FEED
  value.set(bytes, line.length + 1)
  if (headLine(value) === '') throw new SignedValueError('there is too much to say of the value')
  checkSizes(whole, value.length)
  return { value, head: whole }
}

/**
 * Checks everything about a value before it is inflated, and gives what its line says and how to get its JSON.
 * @throws SignedValueError, as `content` does
 */
export async function unpack(value: Uint8Array, format: string, reader: Reader): Promise<Opened> {
  const line = headLine(value)
  const head = await openHead(line, format, reader)
  checkSizes(head, value.length)
  const bytes = value.slice(new TextEncoder().encode(line).length + 1)
  if (bytes.length !== head.packed.bytes || (await digestOf(bytes)) !== head.packed.digest) {
    throw new SignedValueError('the value is not what was signed')
  }
  const text = () => gunzip(bytes, head.size)
  return { head, text, content: async () => parseContent(await text()) }
}

/** A value that a trusted key has signed. */
export interface Opened {
  readonly head: Packed & Unchecked
  /** Inflates: JSON of which nothing else is known. */
  text(): Promise<Uint8Array>
  /** Inflates and parses: an object of which nothing else is known. */
  content(): Promise<Unchecked>
}

/**
 * What the line of a packed value says; the rest need not be there.
 * @throws SignedValueError
 */
export async function openHead(line: string, format: string, reader: Reader): Promise<Packed & Unchecked> {
  const head = await openLine(line, format, reader)
  const { size, digest, packed } = head
  if (!isCount(size) || typeof digest !== 'string' || !isRecord(packed)) throw new SignedValueError(NO_HEAD)
  const { bytes, digest: packedDigest } = packed
  if (!isCount(bytes) || typeof packedDigest !== 'string') throw new SignedValueError(NO_HEAD)
  return { ...head, size, digest, packed: { bytes, digest: packedDigest } }
}

const NO_HEAD = 'what is signed is no head of a value'

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function checkSizes({ size, packed }: Packed, valueSize: number): void {
  if (valueSize > VALUE_LIMIT || size > JSON_LIMIT) {
    const limits = `at most ${VALUE_LIMIT >> 20} MiB of gzip and ${JSON_LIMIT >> 20} MiB of JSON`
    throw new SignedValueError(`the value is too large (${limits}; it has ${valueSize} and ${size} bytes)`)
  }
  if (size > SMALL && size > packed.bytes * RATIO_LIMIT) {
    throw new SignedValueError(`the value inflates to more than ${RATIO_LIMIT} times its size`)
  }
}

/**
 * What a text of JSON says.
 * @throws SignedValueError where that is no object
 */
export const parseContent = (json: Uint8Array): Unchecked => contentOf(new TextDecoder().decode(json))

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

async function gunzip(bytes: Uint8Array<ArrayBuffer>, size: number): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  const { text, isMore } = await collected(stream, size)
  if (isMore || text.length !== size) {
    throw new SignedValueError(`the value inflates to ${isMore ? 'more' : 'less'} than it says`)
  }
  return text
}

const LINE_FEED = 0x0a
