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

/** Rounds down. */
export const floorDivide = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b

export function civilOf(time: GoTime): Civil {
  const seconds = unixSeconds(time)
  const offset = offsetAt(time.zone, seconds)
  const local = FIRST_SECOND + BigInt.asUintN(64, seconds + BigInt(offset) - FIRST_SECOND)
  const days = Number(floorDivide(local, BigInt(DAY)))
  const rest = Number(local - BigInt(days) * BigInt(DAY))
  const { year, month, day } = dateOfDays(days)
  return {
    year,
    month,
    day,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    nanosecond: Number(time.nanoseconds - seconds * NANOSECONDS),
    weekday: (((days + THURSDAY) % 7) + 7) % 7,
    yearDay: days - daysOfDate(year, 1, 1) + 1,
    offset,
  }
}

const DAY = 86_400
/** The weekday of the first day of 1970. */
const THURSDAY = 4
/** Days of 400 years, and from the first of March of the year 0 to 1970. */
const CYCLE = 146_097
const TO_1970 = 719_468
/** Go counts from the first of March of the year -292277022400 on, in 64 bits: what is earlier is far in the future. */
const FIRST_SECOND = (-730_692_556n * BigInt(CYCLE) - BigInt(TO_1970)) * BigInt(DAY)

/** Days since 1970; years, months and days may be any numbers. Dates of JavaScript end with the year 275760. */
function daysOfDate(year: number, month: number, day: number): number {
  // Years begin in March, so that the day that leap years have is their last one.
  const months = month - 3
  const years = year + Math.floor(months / 12)
  const monthOfYear = months - Math.floor(months / 12) * 12
  const cycle = Math.floor(years / 400)
  const yearOfCycle = years - cycle * 400
  const leaps = Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100)
  return cycle * CYCLE + yearOfCycle * 365 + leaps + Math.floor((153 * monthOfYear + 2) / 5) + day - 1 - TO_1970
}

function dateOfDays(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const cycle = Math.floor((days + TO_1970) / CYCLE)
  const dayOfCycle = days + TO_1970 - cycle * CYCLE
  const yearOfCycle = Math.floor(
    (dayOfCycle - Math.floor(dayOfCycle / 1460) + Math.floor(dayOfCycle / 36_524) - Math.floor(dayOfCycle / 146_096)) /
      365,
  )
  const dayOfYear = dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100))
  const monthOfYear = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthOfYear < 10 ? monthOfYear + 3 : monthOfYear - 9
  const year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
  return { year, month, day: dayOfYear - Math.floor((153 * monthOfYear + 2) / 5) + 1 }
}

/** Seconds since 1970 of midnight in UTC. */
export const secondsOfDate = (year: number, month: number, day: number): number => daysOfDate(year, month, day) * DAY

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

/** The last one that dates of JavaScript know. */
const LAST_SECOND = 8_640_000_000_000n
const CYCLE_SECONDS = BigInt(CYCLE * DAY)

function zoneName(zone: string, locale: string, style: 'short' | 'longOffset', seconds: bigint): string {
  const key = `${locale} ${style} ${zone}`
  const format =
    formats.get(key) ?? new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: style, year: 'numeric' })
  formats.set(key, format)
  const beyond = seconds > LAST_SECOND ? seconds - LAST_SECOND : seconds < -LAST_SECOND ? seconds + LAST_SECOND : 0n
  // The same weekday of the same month some centuries nearer.
  const within = seconds - ((beyond + (beyond > 0n ? 1n : -1n) * (CYCLE_SECONDS - 1n)) / CYCLE_SECONDS) * CYCLE_SECONDS
  const parts = format.formatToParts(new Date(Number(beyond === 0n ? seconds : within) * 1000))
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

/** Seconds east of UTC. */
export function offsetAt(zone: GoTime['zone'], seconds: bigint): number {
  if (typeof zone === 'number') return zone
  if (typeof zone === 'object') return zone.offset
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
  if (typeof zone === 'object') return zone.name
  if (zone === 'UTC') return 'UTC'
  const seconds = floorDivide(nanoseconds, NANOSECONDS)
  const names = LOCALES.map((locale) => zoneName(zone, locale, 'short', seconds))
  return names.find((name) => !/^GMT[+-]/.test(name)) ?? ''
}
