import { sha1 } from '@noble/hashes/legacy.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { Secret } from '../objects.ts'
import { authoritiesIn, keyPairOf, keysHint, secretOf, secretTexts, withoutPath } from '../secrets.ts'
import { Unusable, withWords } from '../servers.ts'
import type { ClientTlsSpec, CredentialsSpec } from './middleware-specs.ts'
import type { Scope } from './references.ts'

/** What middlewares take from Secrets. Every function throws `Unusable`; no message holds a value. */

interface Credentials {
  users: string[]
  realm?: string
  removeHeader?: boolean
  headerField?: string
}

/** Options of `basicAuth` and `digestAuth` with the users of a Secret. */
export function credentials(scope: Scope, spec: CredentialsSpec, kind: 'basic' | 'digest', field: string): Credentials {
  const { secret: name, realm, removeHeader, headerField } = spec
  const at = `${field}.secret`
  if (name === '') throw new Unusable('auth secret must be set', at, 'name a Secret of the namespace')
  const secret = existing(scope, name, at)
  const users = withWords(`failed to load ${kind} auth credentials: `, () =>
    kind === 'basic' && secret.type === 'kubernetes.io/basic-auth' ? [hashedUser(secret, at)] : userLines(secret, at),
  )
  return {
    users,
    ...(realm === undefined ? {} : { realm }),
    ...(removeHeader === undefined ? {} : { removeHeader }),
    ...(headerField === undefined ? {} : { headerField }),
  }
}

const existing = ({ world, namespace }: Scope, name: string, field: string): Secret =>
  secretOf(world, namespace, name, field, `secret '${namespace}/${name}' not found`)

/** User and password of a Secret. */
export function userAndPassword(secret: Secret, field: string): { username: string; password: string } {
  const { namespace, name } = secret.metadata
  const texts = secretTexts(secret)
  const [username, password] = [texts.get('username'), texts.get('password')]
  if (username !== undefined && password !== undefined) return { username, password }
  const message = `secret '${namespace}/${name}' must contain both username and password keys`
  throw new Unusable(message, field, keysHint(texts))
}

const hashedUser = (secret: Secret, field: string): string => {
  const { username, password } = userAndPassword(secret, field)
  return `${username}:{SHA}${btoa(String.fromCharCode(...sha1(utf8ToBytes(password))))}`
}

const userLines = (secret: Secret, field: string): string[] => {
  const { namespace, name } = secret.metadata
  const texts = secretTexts(secret)
  const [text] = texts.values()
  if (texts.size !== 1 || text === undefined) {
    const message = `found ${texts.size} elements for secret '${namespace}/${name}', must be single element exactly`
    throw new Unusable(message, field, `one key with a user a line; ${keysHint(texts)}`)
  }
  const users = text.split(/\r?\n/).filter((line) => line !== '')
  if (users.length > 0) return users
  throw new Unusable(`secret '${namespace}/${name}' does not contain any credentials`, field)
}

/** User and password for Redis. */
export const redisCredentials = (scope: Scope, name: string, field: string): { username: string; password: string } =>
  userAndPassword(existing(scope, name, field), field)

/** TLS to a server that a middleware asks, with what Secrets hold. */
export function clientTls(scope: Scope, spec: ClientTlsSpec, field: string) {
  const { caSecret, certSecret, insecureSkipVerify } = spec
  const at = `${field}.certSecret`
  const pair =
    certSecret === ''
      ? null
      : withWords('failed to load auth secret: ', () => keyPairOf(existing(scope, certSecret, at), at))
  return {
    ...(caSecret === ''
      ? {}
      : {
          ca: withWords('failed to load auth ca secret: ', () => authoritiesOf(scope, caSecret, `${field}.caSecret`)),
        }),
    ...(pair === null ? {} : { cert: pair.certFile, key: pair.keyFile }),
    ...(insecureSkipVerify === undefined ? {} : { insecureSkipVerify }),
  }
}

/** Authorities of a Secret: `tls.ca`, `ca.crt`, or the only key that it has. */
export function authoritiesOf(scope: Scope, name: string, field: string): string {
  const texts = secretTexts(existing(scope, name, field))
  const place = `${scope.namespace}/${name}`
  const found = authoritiesIn(texts, `secret ${place}`, field)
  if (found !== null) return found
  const [only] = texts
  if (texts.size === 1 && only !== undefined) return withoutPath(only[1], `secret ${place}`, only[0], field)
  const message = `secret '${place}' has no CA block: secret ${place} contains neither tls.ca nor ca.crt`
  throw new Unusable(message, field, keysHint(texts))
}

const URN = 'urn:k8s:secret:'

/** Options of a plug-in, with values of Secrets in place of `urn:k8s:secret:NAME:KEY`. */
export function withSecrets(scope: Scope, value: unknown, field: string): unknown {
  if (typeof value === 'string') return value.startsWith(URN) ? secretValue(scope, value, field) : value
  if (Array.isArray(value)) return value.map((element, at) => withSecrets(scope, element, `${field}[${at}]`))
  if (typeof value !== 'object' || value === null) return value
  const map: Record<string, unknown> = Object.create(null)
  for (const [key, entry] of Object.entries(value)) map[key] = withSecrets(scope, entry, `${field}.${key}`)
  return map
}

const secretValue = (scope: Scope, urn: string, field: string): string => {
  const { namespace } = scope
  const parts = urn.split(':')
  const [, , , name = '', key = ''] = parts
  if (parts.length !== 5) {
    throw new Unusable(`malformed secret URN ${JSON.stringify(urn)}`, field, `write ${URN}NAME:KEY`)
  }
  const missing = `secret ${namespace}/${name} is not found`
  const texts = secretTexts(secretOf(scope.world, namespace, name, field, missing))
  const value = texts.get(key)
  if (value !== undefined) return value
  throw new Unusable(`key ${JSON.stringify(key)} not found in secret ${namespace}/${name}`, field, keysHint(texts))
}
