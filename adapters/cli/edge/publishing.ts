import { importPublicKeys, type Reader, SignedValueError } from '../../../src/plan/signed-line.ts'
import { Misuse } from '../command-error.ts'
import type { KvNamespace } from './kv-namespace.ts'
import { Publications } from './publications.ts'
import { loadSigningKey, type SigningKey } from './signing-keys.ts'
import { checkKey, type Place, trustedKeysOf } from './where.ts'

/** What everything that publishes goes by. */
export interface Publishing {
  readonly kv: KvNamespace
  readonly key: SigningKey
  readonly reader: Reader
  /** Public keys that are believed beside our own. */
  readonly trust: string
  readonly publications: Publications
}

/**
 * Loads the key and compares it with those of the Worker, before anything is read or written.
 * @param print is told what could not be compared
 * @throws EdgeError, Misuse
 */
export async function publishingAt(
  place: Place,
  flags: { readonly key: string | undefined; readonly trust: string | undefined },
  print: (text: string) => void,
): Promise<Publishing> {
  const key = await loadSigningKey(flags.key ?? null, process.env)
  const uncompared = checkKey(place, key.publicKey)
  if (uncompared !== null) print(`${uncompared}\n`)
  const trust = trusted(place, flags.trust)
  const reader = await readerOf(place, `${key.publicKey} ${trust}`)
  return { kv: place.kv, key, reader, trust, publications: new Publications(place.kv, reader) }
}

/**
 * For who only looks: our own key, those of the Worker and those given are believed; whoever has signed where there are
 * none (null).
 */
export async function readerAt(place: Place, flags: { readonly trust: string | undefined }): Promise<Reader | null> {
  const own = (process.env.SIGNALBOX_SIGNING_KEY ?? '') === '' ? null : await loadSigningKey(null, process.env)
  const keys = `${own?.publicKey ?? ''} ${trusted(place, flags.trust)}`.trim()
  return keys === '' ? null : readerOf(place, keys)
}

const trusted = (place: Place, given = ''): string => `${trustedKeysOf(place) ?? ''} ${given}`

async function readerOf(place: Place, keys: string): Promise<Reader> {
  try {
    return { keys: await importPublicKeys(keys), audience: place.audience }
  } catch (error) {
    if (!(error instanceof SignedValueError)) throw error
    throw new Misuse(`--trust, or SIGNALBOX_PUBLIC_KEYS of the Worker: ${error.message}`)
  }
}
