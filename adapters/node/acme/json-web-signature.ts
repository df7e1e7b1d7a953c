import { createHash, createHmac, createPublicKey, type KeyObject, sign as signData } from 'node:crypto'

/** Who signs a request: with the key itself, as long as there is no account, and with the account's URL afterwards. */
export interface Signer {
  readonly key: KeyObject
  readonly accountUrl: string | null
}

export const base64url = (data: Uint8Array | string): string => Buffer.from(data).toString('base64url')

/** The public half of a key as JSON (RFC 7517), its members in the order that thumbprints take. */
export function publicJwk(key: KeyObject): Readonly<Record<string, string>> {
  const { kty, crv, x, y, n, e } = (key.type === 'public' ? key : createPublicKey(key)).export({ format: 'jwk' })
  return kty === 'RSA' ? { e: e!, kty, n: n! } : { crv: crv!, kty: kty!, x: x!, y: y! }
}

/** RFC 7638. */
export const thumbprint = (key: KeyObject): string =>
  createHash('sha256')
    .update(JSON.stringify(publicJwk(key)))
    .digest('base64url')

/**
 * A request as the protocol wants it (RFC 8555 §6.2): flattened JSON of protected header, payload and signature. The
 * signature is made on a thread of its own.
 * @param payload null: an empty one, which asks for a resource
 */
export async function signedRequest(
  { key, accountUrl }: Signer,
  url: string,
  nonce: string,
  payload: unknown | null,
): Promise<string> {
  const identity = accountUrl === null ? { jwk: publicJwk(key) } : { kid: accountUrl }
  const protectedHeader = base64url(JSON.stringify({ alg: algorithmOf(key), ...identity, nonce, url }))
  const content = payload === null ? '' : base64url(JSON.stringify(payload))
  const signature = await signatureOf(key, `${protectedHeader}.${content}`)
  return JSON.stringify({ protected: protectedHeader, payload: content, signature: base64url(signature) })
}

/** Binds the key of an account to one that the authority knows (RFC 8555 §7.3.4). @param hmac base64url */
export function accountBinding(key: KeyObject, kid: string, hmac: string, url: string): object {
  const protectedHeader = base64url(JSON.stringify({ alg: 'HS256', kid, url }))
  const payload = base64url(JSON.stringify(publicJwk(key)))
  const signature = createHmac('sha256', Buffer.from(hmac.replace(/=+$/, ''), 'base64url'))
    .update(`${protectedHeader}.${payload}`)
    .digest('base64url')
  return { protected: protectedHeader, payload, signature }
}

const CURVES: Readonly<Record<string, readonly [algorithm: string, hash: string]>> = {
  prime256v1: ['ES256', 'sha256'],
  secp384r1: ['ES384', 'sha384'],
}

function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (curve === undefined) throw new Error('keys of this type sign no requests')
  return curve[0]
}

function signatureOf(key: KeyObject, text: string): Promise<Buffer> {
  const hash = CURVES[key.asymmetricKeyDetails?.namedCurve ?? '']?.[1] ?? 'sha256'
  return new Promise((resolve, reject) => {
    // RFC 7518 §3.4: both numbers of an ECDSA signature in full length, without ASN.1.
    signData(hash, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, (error, signature) =>
      error === null ? resolve(signature) : reject(error),
    )
  })
}
