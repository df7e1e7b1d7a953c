import { maskUserInfo } from '../http/user-info.ts'

/**
 * Options that Traefik keeps as pointers: their zero values are shown by its API, as they were written.
 */
const SHOWN_AT_ZERO = new Set([
  'accessControlMaxAge',
  'accessLogs',
  'allowedUpgrades',
  'autoDetect',
  'enabled',
  'forceSlash',
  'ipv6Subnet',
  'maxBodySize',
  'maxEjectionPercent',
  'metrics',
  'minPerSecond',
  'mirrorBody',
  'notAppendXForwardedFor',
  'passHostHeader',
  'stsSeconds',
  'terminationDelay',
  'tracing',
  'trustForwardHeader',
  'weight',
])

/** Blocks whose presence alone means something: they stay when they are empty. */
const SHOWN_EMPTY = new Set([
  'budget',
  'tls',
  'sticky',
  'cookie',
  'clientAddress',
  'compress',
  'contentType',
  'ipStrategy',
  'healthCheck',
  'maintenance',
  'respond',
])

/** An element as Traefik's API shows it: zero values left out, secrets masked. */
export function visible(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(options)) {
    if (isZero(value)) {
      if (SHOWN_AT_ZERO.has(key) && value !== undefined && value !== null) shown[key] = value
      continue
    }
    if (Array.isArray(value)) shown[key] = value.map((item) => (isRecord(item) ? visible(item) : masked(key, item)))
    else if (isRecord(value)) {
      const inner = visible(value)
      if (Object.keys(inner).length > 0 || SHOWN_EMPTY.has(key)) shown[key] = inner
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
