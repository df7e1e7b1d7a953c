import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

/** What `keyType` may say. */
export type KeyType = 'EC256' | 'EC384' | 'RSA2048' | 'RSA4096' | 'RSA8192'

const BITS: Readonly<Record<string, number>> = { RSA2048: 2048, RSA4096: 4096, RSA8192: 8192 }
const CURVES: Readonly<Record<string, string>> = { EC256: 'P-256', EC384: 'P-384' }

const makePair = promisify(generateKeyPair)

/** Null: there is no such type, and Traefik takes RSA4096 then. */
export const keyTypeOf = (text: string): KeyType | null =>
  Object.hasOwn(BITS, text) || Object.hasOwn(CURVES, text) ? (text as KeyType) : null

/** Made on a thread of its own: large ones take seconds. */
export async function makeKey(type: KeyType): Promise<KeyObject> {
  const namedCurve = CURVES[type]
  const { privateKey } =
    namedCurve === undefined
      ? await makePair('rsa', { modulusLength: BITS[type]! })
      : await makePair('ec', { namedCurve })
  return privateKey
}

/** As lego writes keys of certificates: PKCS #1 or SEC 1. */
export const keyPem = (key: KeyObject): string =>
  key.asymmetricKeyType === 'ec'
    ? key.export({ type: 'sec1', format: 'pem' }).toString()
    : key.asymmetricKeyType === 'rsa'
      ? key.export({ type: 'pkcs1', format: 'pem' }).toString()
      : key.export({ type: 'pkcs8', format: 'pem' }).toString()

/** The key of an account, which Traefik keeps as PKCS #1. @throws Error where the octets are no key */
export function accountKeyOf(der: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs1' })
  } catch {
    // OpenSSL's words are about formats that nobody has chosen.
    throw new Error('the key of the account can’t be read')
  }
}

export const accountKeyDer = (key: KeyObject): Buffer => key.export({ type: 'pkcs1', format: 'der' })
