import { STATUS_PATH } from './signed-fields.ts'
import { openLine, type Reader, SignedValueError, type Signer, signLine } from './signed-line.ts'

/** What people who can publish ask a worker by requests that they sign: a signed line each (`signed-line.ts`). */

const STATUS_FORMAT = 'signalbox-status/1'
const TOKEN_FORMAT = 'signalbox-debug/1'

/** How old a request may be, and how much later than now it may seem to be where clocks differ, in ms. */
export const REQUEST_MS = 60_000
const AHEAD_MS = 2_000

/** How long a token may be good for, in ms. */
export const LONGEST_TOKEN_MS = 24 * 60 * 60_000

/** Characters of a field. */
const LIMIT = 2_048

/** A request for the status. */
export interface StatusRequest {
  readonly audience: string
  readonly path: string
  /** Milliseconds since 1970. */
  readonly time: number
  /** 128 random bits or more in base64url: a request is answered once. */
  readonly nonce: string
}

/** The value of `STATUS_FIELD`. */
export const signStatusRequest = async (request: StatusRequest, signer: Signer): Promise<string> =>
  toField(await signLine(STATUS_FORMAT, request, signer))

/**
 * A request for the status, signed for this worker and not too old. Nothing is said of its having been made before.
 * @throws SignedValueError
 */
export async function openStatusRequest(field: string, reader: Reader, now: number): Promise<StatusRequest> {
  const { audience, path, time, nonce } = await openLine(fromField(field), STATUS_FORMAT, reader)
  if (path !== STATUS_PATH || typeof time !== 'number' || typeof nonce !== 'string' || !/^[\w-]{22,64}$/.test(nonce)) {
    throw new SignedValueError('what is signed is no request for the status')
  }
  if (!(time > now - REQUEST_MS && time <= now + AHEAD_MS)) throw new SignedValueError('the request is not of now')
  return { audience, path, time, nonce }
}

/** Lets somebody see how requests are answered. */
export interface DebugToken {
  readonly audience: string
  /** When it was made and until when it is good, in milliseconds since 1970. */
  readonly time: number
  readonly expires: number
}

/** The value of `TOKEN_FIELD`. */
export const signDebugToken = async (token: DebugToken, signer: Signer): Promise<string> =>
  toField(await signLine(TOKEN_FORMAT, token, signer))

/**
 * A token, signed for this worker and good now.
 * @throws SignedValueError
 */
export async function openDebugToken(field: string, reader: Reader, now: number): Promise<DebugToken> {
  const { audience, time, expires } = await openLine(fromField(field), TOKEN_FORMAT, reader)
  if (typeof time !== 'number' || typeof expires !== 'number' || expires - time > LONGEST_TOKEN_MS) {
    throw new SignedValueError('what is signed is no token')
  }
  if (!(now < expires && time <= now + REQUEST_MS)) throw new SignedValueError('the token is not good now')
  return { audience, time, expires }
}

/** Fields of requests hold ASCII: base64url of UTF-8. */
function toField(line: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(line))
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function fromField(field: string): string {
  if (field.length > LIMIT || !/^[\w-]+$/.test(field)) throw new SignedValueError('the field is no signed line')
  try {
    const bytes = atob(field.replaceAll('-', '+').replaceAll('_', '/'))
    return new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)))
  } catch {
    throw new SignedValueError('the field is no signed line')
  }
}
