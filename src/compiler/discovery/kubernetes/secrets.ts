import type { Secret } from './objects.ts'
import { Unusable } from './servers.ts'
import type { World } from './world.ts'

/** A certificate and its key, PEM texts. */
export interface KeyPair {
  readonly certFile: string
  readonly keyFile: string
}

/** The texts of a Secret by key; what is no base64 is not there. */
export const secretTexts = ({ data }: Secret): ReadonlyMap<string, string> => {
  const texts = new Map<string, string>()
  for (const [key, value] of Object.entries(data ?? {})) {
    if (typeof value !== 'string' || !BASE64.test(value)) continue
    const octets = Uint8Array.from(atob(value), (character) => character.charCodeAt(0))
    texts.set(key, new TextDecoder().decode(octets))
  }
  return texts
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\s*$/

/**
 * Finds a Secret. Throws `Unusable` where there is none, with a hint.
 * @param missing Traefik's words
 */
export const secretOf = (world: World, namespace: string, name: string, field: string, missing: string): Secret => {
  const secret = world.get('Secret', namespace, name)
  if (secret === null) throw new Unusable(missing, field, { kind: 'Secret', namespace, name })
  return secret
}

/** The keys of a TLS Secret. Throws `Unusable` where one is not there or empty. */
export const keyPairOf = (secret: Secret, field: string): KeyPair => {
  const { namespace, name } = secret.metadata
  const texts = secretTexts(secret)
  const lacking = (test: (key: string) => boolean) => ['tls.crt', 'tls.key'].filter(test)
  const missing = lacking((key) => !texts.has(key))
  if (missing.length > 0) {
    throw new Unusable(
      `secret ${namespace}/${name} is missing the following TLS data entries: ${missing.join(', ')}`,
      field,
      keysHint(texts),
    )
  }
  const empty = lacking((key) => texts.get(key) === '')
  if (empty.length > 0) {
    throw new Unusable(
      `secret ${namespace}/${name} contains the following empty TLS data entries: ${empty.join(', ')}`,
      field,
    )
  }
  const read = (key: string) => withoutPath(texts.get(key)!, `secret ${namespace}/${name}`, key, field)
  return { certFile: read('tls.crt'), keyFile: read('tls.key') }
}

/**
 * Certificate authorities in a Secret or a ConfigMap, null where it has none.
 * @param title what holds them, for messages
 */
export const authoritiesIn = (texts: ReadonlyMap<string, string>, title: string, field: string): string | null => {
  for (const key of ['tls.ca', 'ca.crt']) {
    const text = texts.get(key)
    if (text !== undefined) return withoutPath(text, title, key, field)
  }
  return null
}

/**
 * Elsewhere in a configuration a certificate may be the path of a file. Who may write Secrets of a namespace must not
 * read the files of the proxy by that. Throws `Unusable` for what could be one.
 */
export const withoutPath = (text: string, title: string, key: string, field: string): string => {
  if (text.includes('-----BEGIN ') || !/[/\\.]/.test(text)) return text
  throw new Unusable(`${title} holds no PEM in ${key}`, field, 'the text of a file belongs there, and not its path')
}

/** Which keys there are instead; never their values. */
export const keysHint = (texts: ReadonlyMap<string, string>): string =>
  texts.size === 0 ? 'it has no keys' : `its keys: ${[...texts.keys()].slice(0, 10).join(', ')}`
