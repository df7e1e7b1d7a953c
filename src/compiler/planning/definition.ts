import { maskUserInfo } from '../../http/user-info.ts'

/**
 * Options that Traefik keeps as pointers: their zero values are shown by its API, as they were written.
 */
const SHOWN_AT_ZERO = new Set([
  'accessControlMaxAge',
  'accessLogs',
  'allowedUpgrades',
  'autoDetect',
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
  'notAppendXForwardedFor',
  'passHostHeader',
  'retry.maxRequestBodyBytes',
  'sslForceHost',
  'sslHost',
  'sslRedirect',
  'sslTemporaryRedirect',
  'stsSeconds',
  'terminationDelay',
  'tracing',
  'trustForwardHeader',
  'unhealthyInterval',
  'weight',
])

/** Maps: their zero values are shown, as an empty text deletes a field. */
const MAPS = new Set(['customRequestHeaders', 'customResponseHeaders', 'sslProxyHeaders', 'statusRewrites'])

/**
 * An element as Traefik's API shows it: zero values left out, secrets masked.
 * @param block name of the block that holds the options; empty: they are an element's own
 */
export function visible(options: Readonly<Record<string, unknown>>, block = ''): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(options)) {
    if (isZero(value)) {
      if ((SHOWN_AT_ZERO.has(key) || SHOWN_AT_ZERO.has(`${block}.${key}`)) && value !== undefined && value !== null)
        shown[key] = value
      continue
    }
    if (Array.isArray(value))
      shown[key] = value.map((item) => (isRecord(item) ? visible(item, key) : masked(key, item)))
    else if (isRecord(value)) {
      const inner = MAPS.has(key) ? { ...value } : visible(value, key)
      // A block of nothing but zero values is there all the same; a map is not.
      if (Object.keys(value).length > 0 || !MAPS.has(key)) shown[key] = inner
    } else shown[key] = masked(key, value)
  }
  return shown
}

const MASK = '******'

/** No secret leaves by the API (Traefik shows them): hashes of users, passwords, private keys, user information in URLs. */
function masked(key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (key === 'users') return value.slice(0, value.lastIndexOf(':') + 1) + MASK
  if (key === 'password' || value.includes('PRIVATE KEY-----')) return MASK
  return maskUserInfo(value)
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
