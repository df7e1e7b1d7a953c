import { maskUrl } from '../../http/masked-url.ts'
import { isSecretName, MASK, maskSecrets, maskUserInfo } from '../../http/secrets.ts'

/**
 * Options that Traefik keeps as pointers: their zero values are shown by its API, as they were written.
 */
const SHOWN_AT_ZERO = new Set([
  'accessControlMaxAge',
  'accessLogs',
  'allowedUpgrades',
  'autoDetect',
  'caOptional',
  'cookie.path',
  'enabled',
  'featurePolicy',
  'followRedirects',
  'forceSlash',
  'ipv6Subnet',
  'maxBodySize',
  'maxResponseBodySize',
  'maxEjectionPercent',
  'metrics',
  'minPerSecond',
  'mirrorBody',
  'passHostHeader',
  'redis.dialTimeout',
  'redis.readTimeout',
  'redis.writeTimeout',
  'requestRedirect.hostname',
  'requestRedirect.path',
  'requestRedirect.pathPrefix',
  'requestRedirect.port',
  'requestRedirect.scheme',
  'retry.maxRequestBodyBytes',
  'sanitizePath',
  'sslForceHost',
  'sslHost',
  'sslRedirect',
  'sslTemporaryRedirect',
  'stsSeconds',
  'terminationDelay',
  'tracing',
  'trustForwardHeader',
  'URLRewrite.hostname',
  'URLRewrite.path',
  'URLRewrite.pathPrefix',
  'unhealthyInterval',
  'weight',
])

/** What only providers say, and Traefik's API does not show. */
const NOT_SHOWN = new Set([
  'cookie.expires',
  'redirectRegex.statusCode',
  'redirectScheme.forcePermanentRedirect',
  'services.grpcStatus',
  'services.headers',
  'services.status',
])

/** Maps: their zero values are shown, as an empty text deletes a field. */
const MAPS = new Set(['customRequestHeaders', 'customResponseHeaders', 'sslProxyHeaders', 'statusRewrites', 'vars'])

/** Maps of fields and their values, by the block that they are in where the name alone does not tell. */
const isFieldMap = (key: string, block: string): boolean =>
  MAPS.has(key) || (key === 'headers' && block !== '') || (/HeaderModifier$/.test(block) && key !== 'remove')

/**
 * An element as Traefik's API shows it: zero values left out, secrets masked.
 * @param block name of the block that holds the options; empty: they are an element's own
 */
export function visible(options: Readonly<Record<string, unknown>>, block = ''): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(options)) {
    if (NOT_SHOWN.has(`${block}.${key}`)) continue
    if (isZero(value)) {
      if ((SHOWN_AT_ZERO.has(key) || SHOWN_AT_ZERO.has(`${block}.${key}`)) && value !== undefined && value !== null)
        shown[key] = value
      continue
    }
    if (Array.isArray(value))
      shown[key] = value.map((item) => (isRecord(item) ? visible(item, key) : masked(key, item)))
    else if (isRecord(value)) {
      if (key === 'plugin' && block === '') {
        shown[key] = Object.fromEntries(Object.entries(value).map(([name, own]) => [name, hidden(own)]))
        continue
      }
      const inner = isFieldMap(key, block) ? withoutSecrets(value, MAPS.has(key)) : visible(value, key)
      // A block of nothing but zero values is there all the same; a map is not.
      if (Object.keys(value).length > 0 || !MAPS.has(key)) shown[key] = inner
    } else shown[key] = masked(key, value)
  }
  return shown
}

/** No secret leaves by the API (Traefik shows them): hashes of users, passwords, private keys, what URLs carry. */
function masked(key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (key === 'users') return value.slice(0, value.lastIndexOf(':') + 1) + MASK
  if (key === 'password' || value.includes('PRIVATE KEY-----')) return MASK
  // An expression may look like a URL with a query.
  if (['regex', 'replacement', 'rule'].includes(key)) return maskUserInfo(value)
  return isUrl(key, value) ? maskUrl(value) : maskSecrets(value)
}

const isUrl = (key: string, value: string): boolean =>
  /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s]*$/.test(value) || (['path', 'query'].includes(key) && value.startsWith('/'))

/** Fields with the values of those that are named like secrets masked; an empty value deletes the field. */
function withoutSecrets(fields: Readonly<Record<string, unknown>>, keepsEmpty: boolean): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (isZero(value)) {
      if (keepsEmpty) shown[name] = value
    } else shown[name] = isSecretName(name) ? MASK : masked(name, value)
  }
  return shown
}

/** What only a plugin knows the meaning of: its names and its shape. */
function hidden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hidden)
  if (!isRecord(value)) return MASK
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hidden(inner)]))
}

const isZero = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === 0 ||
  value === '' ||
  value === '0s' ||
  (Array.isArray(value) && value.length === 0)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
