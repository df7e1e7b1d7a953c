import type { GoTime } from '../values.ts'

const NANOSECONDS = 1_000_000_000n

/** A moment in a zone, as people read it. */
export interface Civil {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly nanosecond: number
  /** 0 is Sunday. */
  readonly weekday: number
  /** From 1 on. */
  readonly yearDay: number
  /** Seconds east of UTC. */
  readonly offset: number
}

export const unixSeconds = ({ nanoseconds }: GoTime): bigint => floorDivide(nanoseconds, NANOSECONDS)

export const timeAt = (seconds: bigint, zone: GoTime['zone'], nanosecond = 0n): GoTime => ({
  kind: 'time',
  nanoseconds: seconds * NANOSECONDS + nanosecond,
  zone,
})

/** Go's `time.Time{}`: the first of January of the year 1. */
export const ZERO_TIME: GoTime = timeAt(-62_135_596_800n, 'UTC')

const floorDivide = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b

export function civilOf(time: GoTime): Civil {
  const seconds = unixSeconds(time)
  const offset = offsetAt(time.zone, seconds)
  const date = new Date(Number(seconds + BigInt(offset)) * 1000)
  const year = date.getUTCFullYear()
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanosecond: Number(time.nanoseconds - seconds * NANOSECONDS),
    weekday: date.getUTCDay(),
    yearDay: Math.round((date.getTime() - secondsOfDate(year, 1, 1) * 1000) / 86_400_000 + 0.5),
    offset,
  }
}

/** Seconds since 1970 of midnight in UTC. */
export function secondsOfDate(year: number, month: number, day: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getTime() / 1000
}

/** The moment of a local time; where clocks are turned, the first of the two that Go takes. */
export function momentOf(local: bigint, zone: GoTime['zone']): bigint {
  const guess = local - BigInt(offsetAt(zone, local))
  return local - BigInt(offsetAt(zone, guess))
}

/** Whether there is a zone of that name. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name })
    return true
  } catch {
    return false
  }
}

const formats = new Map<string, Intl.DateTimeFormat>()

function zoneName(zone: string, locale: string, style: 'short' | 'longOffset', seconds: bigint): string {
  const key = `${locale} ${style} ${zone}`
  const format =
    formats.get(key) ?? new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: style, year: 'numeric' })
  formats.set(key, format)
  const parts = format.formatToParts(new Date(Number(seconds) * 1000))
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

function offsetAt(zone: GoTime['zone'], seconds: bigint): number {
  if (typeof zone === 'number') return zone
  if (zone === 'UTC') return 0
  const match = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(zoneName(zone, 'en-US', 'longOffset', seconds))
  if (match === null) return 0
  const [, sign, hours, minutes, rest = '0'] = match
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)
  return sign === '-' ? -offset : offset
}

/** Each knows the short names of its own part of the world; of others they say `GMT+1`. */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA']

/** The short name of a zone at a time: `UTC`, `CET`; empty where it has none. */
export function abbreviationOf({ zone, nanoseconds }: GoTime): string {
  if (typeof zone === 'number') return ''
  if (zone === 'UTC') return 'UTC'
  const seconds = floorDivide(nanoseconds, NANOSECONDS)
  const names = LOCALES.map((locale) => zoneName(zone, locale, 'short', seconds))
  return names.find((name) => !/^GMT[+-]/.test(name)) ?? ''
}
