/**
 * Durations as Go writes and reads them (`time.ParseDuration`, `Duration.String`), with Traefik's addition that a bare
 * integer means seconds (paerser `types.Duration`).
 */

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

const SECOND = 1_000_000_000n
const MAX = 2n ** 63n - 1n

const MAX_DIGITS = 40

/** Nanoseconds of the digits behind a point, as Go has them: what does not fit into 64 bits is dropped, the rest computed in floats. */
const fractionOf = (digits: string, unit: bigint): bigint => {
  let value = 0n
  let scale = 1
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit)
    if (value > MAX / 10n || next > MAX + 1n) break
    value = next
    scale *= 10
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)))
}

const quote = (text: string) => JSON.stringify(text)

/** Nanoseconds of a duration text; throws an Error with Go's message. */
export const parseDuration = (text: string): bigint => {
  if (/^[+-]?\d{1,40}$/.test(text)) return inRange(BigInt(text.replace(/^\+/, '')) * SECOND, text)
  const negative = text.startsWith('-')
  let rest = negative || text.startsWith('+') ? text.slice(1) : text
  if (rest === '') throw new Error(`time: invalid duration ${quote(text)}`)
  let total = 0n
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest)
    const whole = number?.[1] ?? ''
    const fraction = number?.[2] ?? ''
    if (number === null || whole.length + fraction.length === 0 || whole.length > MAX_DIGITS) {
      throw new Error(`time: invalid duration ${quote(text)}`)
    }
    rest = rest.slice(number[0].length)
    const unitText = /^[^\d.]*/.exec(rest)?.[0] ?? ''
    if (unitText === '') throw new Error(`time: missing unit in duration ${quote(text)}`)
    const unit = Object.hasOwn(UNITS, unitText) ? UNITS[unitText] : undefined
    if (unit === undefined) throw new Error(`time: unknown unit ${quote(unitText)} in duration ${quote(text)}`)
    rest = rest.slice(unitText.length)
    total += BigInt(whole === '' ? '0' : whole) * unit
    total += fractionOf(fraction, unit)
  }
  return inRange(negative ? -total : total, text)
}

const inRange = (ns: bigint, text: string): bigint => {
  if (ns > MAX || ns < -MAX - 1n) throw new Error(`time: invalid duration ${quote(text)}`)
  return ns
}

/** Go's canonical text: `1m30s`, `1.5s`, `250µs`, `0s`. */
export const formatDuration = (ns: bigint): string => {
  if (ns === 0n) return '0s'
  const sign = ns < 0n ? '-' : ''
  const value = ns < 0n ? -ns : ns
  if (value < 1_000n) return `${sign}${value}ns`
  if (value < 1_000_000n) return `${sign}${decimal(value, 1_000n)}µs`
  if (value < SECOND) return `${sign}${decimal(value, 1_000_000n)}ms`
  const minutes = value / (60n * SECOND)
  const seconds = `${decimal(value % (60n * SECOND), SECOND)}s`
  if (minutes === 0n) return sign + seconds
  const hours = minutes / 60n
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`
}

const decimal = (value: bigint, unit: bigint): string => {
  const fraction = value % unit
  if (fraction === 0n) return String(value / unit)
  const digits = String(fraction)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '')
  return `${value / unit}.${digits}`
}

/** Milliseconds, with fractions, of a duration text; throws as `parseDuration`. */
export const durationMs = (text: string): number => Number(parseDuration(text)) / 1e6
