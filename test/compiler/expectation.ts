import { parseDuration } from '../../src/schema/duration.ts'

/**
 * Compares a result with an expectation of the conformance data: a subset, zero values dropped, durations by value,
 * `{re}` a regular expression. Returns what does not fit.
 */

const PRESENT_WHEN_EMPTY = new Set(
  'tls sticky cookie compress contentType ipStrategy proxyProtocol spiffe http3 tlsChallenge httpChallenge dnsChallenge tailscale ocsp api ping'.split(
    ' ',
  ),
)

type Json = unknown

const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isZero = (value: Json) =>
  value === undefined ||
  value === null ||
  value === false ||
  value === 0 ||
  value === '' ||
  (Array.isArray(value) && value.length === 0)

const prune = (value: Json, parent = ''): Json => {
  if (Array.isArray(value)) return value.map((element) => prune(element))
  if (!isObject(value)) return value
  const result: Record<string, Json> = Object.create(null)
  for (const [key, raw] of Object.entries(value)) {
    if (isZero(raw)) continue
    const child = prune(raw, key)
    const named = ['routers', 'services', 'middlewares'].includes(parent)
    if (isObject(child) && Object.keys(child).length === 0 && !PRESENT_WHEN_EMPTY.has(key) && !named) continue
    result[key] = child
  }
  return result
}

const nanoseconds = (value: Json): bigint | null => {
  if (typeof value !== 'string' || !/^-?[\d.]+(ns|us|µs|ms|s|m|h)/.test(value)) return null
  try {
    return parseDuration(value)
  } catch {
    return null
  }
}

const differ = (expected: Json, actual: Json, path: string, exact: boolean): string[] => {
  if (isObject(expected) && typeof expected.re === 'string' && Object.keys(expected).length === 1) {
    return new RegExp(expected.re).test(String(actual)) ? [] : [`${path}: ${String(actual)} !~ ${expected.re}`]
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return [`${path}: ${JSON.stringify(actual)}`]
    return expected.flatMap((element, index) => differ(element, actual[index], `${path}/${index}`, exact))
  }
  if (isObject(expected)) {
    if (!isObject(actual)) return [`${path}: ${JSON.stringify(actual)} is no object`]
    const more = exact ? Object.keys(actual).filter((key) => !Object.hasOwn(expected, key)) : []
    return [
      ...more.map((key) => `${path}/${key}: not expected`),
      ...Object.entries(expected).flatMap(([key, value]) => differ(value, actual[key], `${path}/${key}`, exact)),
    ]
  }
  const duration = nanoseconds(expected)
  if (duration !== null && duration === nanoseconds(actual)) return []
  return String(expected) === String(actual) ? [] : [`${path}: ${String(actual)} instead of ${String(expected)}`]
}

const zeros = (expected: Json, actual: Json, path: string): string[] => {
  if (isObject(expected)) {
    return Object.entries(expected).flatMap(([key, value]) =>
      zeros(value, isObject(actual) ? actual[key] : undefined, `${path}/${key}`),
    )
  }
  return isZero(expected) && !isZero(actual) ? [`${path}: ${JSON.stringify(actual)} should be absent`] : []
}

/** `exact`: nothing else may be in the result. */
export const mismatches = (expected: Json, actual: Json, exact = false): string[] => [
  ...differ(prune(expected), prune(actual), '', exact),
  ...zeros(expected, actual, ''),
]
