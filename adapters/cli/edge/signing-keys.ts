import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, type webcrypto } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { EdgeError } from './edge-error.ts'

/** What plans are signed with. */
export interface SigningKey {
  readonly privateKey: webcrypto.CryptoKey
  /** 32 bytes in base64url: what the worker is given. */
  readonly publicKey: string
}

/**
 * The key from a file, or from `SIGNALBOX_SIGNING_KEY`: PKCS #8 as PEM text or as base64, as `edge keygen` and
 * `openssl genpkey -algorithm ed25519` write it.
 * @throws EdgeError when there is none or it is no Ed25519 key; the message never holds any of it
 */
export async function loadSigningKey(file: string | null, env: NodeJS.ProcessEnv): Promise<SigningKey> {
  const fromEnv = env.SIGNALBOX_SIGNING_KEY
  if (file === null && (fromEnv === undefined || fromEnv === '')) {
    throw new EdgeError(
      'no signing key: pass --key FILE or set SIGNALBOX_SIGNING_KEY (make one with `signalbox edge keygen`)',
    )
  }
  const text = file === null ? fromEnv! : await readKeyFile(file)
  return signingKey(parse(text, file ?? 'SIGNALBOX_SIGNING_KEY'))
}

/** A new pair; `pem` is what `loadSigningKey` reads. */
export async function generateSigningKey(): Promise<SigningKey & { readonly pem: string }> {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { ...(await signingKey(privateKey)), pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

async function signingKey(key: KeyObject): Promise<SigningKey> {
  const der = Uint8Array.from(key.export({ type: 'pkcs8', format: 'der' }))
  return {
    privateKey: await crypto.subtle.importKey('pkcs8', der, 'Ed25519', false, ['sign']),
    publicKey: createPublicKey(key).export({ format: 'jwk' }).x!,
  }
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new EdgeError(`the signing key can't be read: ${(error as Error).message}`)
  }
}

function parse(text: string, source: string): KeyObject {
  let key: KeyObject
  try {
    key = text.includes('-----BEGIN')
      ? createPrivateKey(text.replaceAll('\\n', '\n'))
      : createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' })
  } catch {
    // The parser's own message may quote what it read.
    throw new EdgeError(`${source} holds no private key (PKCS #8, as PEM or base64)`)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new EdgeError(`${source} holds no Ed25519 key`)
  return key
}
