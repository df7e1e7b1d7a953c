import { octetsOf, runesOf } from '../go-text.ts'
import { CallError } from '../limits.ts'
import type { GoTime } from '../values.ts'
import { LAYOUT_PARTS } from './format.ts'
import { MONTHS, WEEKDAYS } from './names.ts'
import { abbreviationOf, momentOf, offsetAt, secondsOfDate, timeAt } from './zone.ts'

/** What was read so far; absent parts are null. */
interface Read {
  year: number
  month: number | null
  day: number | null
  yearDay: number | null
  hour: number
  minute: number
  second: number
  nanosecond: number
  afternoon: boolean
  offset: number | null
  zoneName: string
  utc: boolean
  morning: boolean
}

/** A part that was not there as the layout wants it; the text says which range it left, if it is a number. */
class Unreadable {
  readonly range: string
  constructor(range = '') {
    this.range = range
  }
}

/** Go's `time.ParseInLocation`; throws `CallError` with its message. */
export function parseTime(layout: string, text: string, zone: GoTime['zone']): GoTime {
  const read: Read = {
    year: 0,
    month: null,
    day: null,
    yearDay: null,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    morning: false,
    afternoon: false,
    offset: null,
    zoneName: '',
    utc: false,
  }
  const fail = (part: string, rest: string, message = ''): never => {
    const where = message === '' ? `: cannot parse ${quoteTime(rest)} as ${quoteTime(part)}` : message
    const as = message === '' ? ` as ${quoteTime(layout)}` : ''
    throw new CallError(`parsing time ${quoteTime(text)}${as}${where}`)
  }
  let rest = text
  let from = 0
  const literal = (prefix: string) => {
    const { fits, left } = skip(rest, prefix)
    if (!fits) fail(prefix, left)
    rest = left
  }
  for (const match of layout.matchAll(LAYOUT_PARTS)) {
    literal(layout.slice(from, match.index))
    from = match.index + match[0].length
    const left = readPart(match[0], rest, read, layout.slice(from))
    if (left instanceof Unreadable) {
      fail(match[0], rest, left.range === '' ? '' : `: ${left.range} out of range`)
    } else rest = left
  }
  literal(layout.slice(from))
  if (rest !== '') fail('', '', `: extra text: ${quoteTime(rest)}`)
  const { month, day } = dateOf(read, fail)
  const { year, minute, second, nanosecond, morning, afternoon } = read
  let { hour } = read
  if (afternoon && hour < 12) hour += 12
  else if (!afternoon && morning && hour === 12) hour = 0
  const local = BigInt(secondsOfDate(year, month, day) + hour * 3600 + minute * 60 + second)
  if (read.utc) return timeAt(local, 'UTC', BigInt(nanosecond))
  return timeIn(local, BigInt(nanosecond), read, zone)
}

/** A local time in the zone that the text says, which is that of the machine where the offset and the name fit. */
function timeIn(local: bigint, nanosecond: bigint, { offset, zoneName: name }: Read, zone: GoTime['zone']): GoTime {
  if (offset !== null) {
    const here = timeAt(local - BigInt(offset), zone, nanosecond)
    const isHere = offsetAt(zone, local - BigInt(offset)) === offset && (name === '' || abbreviationOf(here) === name)
    return isHere ? here : { ...here, zone: name === '' ? offset : { name, offset } }
  }
  const here = timeAt(momentOf(local, zone), zone, nanosecond)
  if (name === '' || abbreviationOf(here) === name) return here
  // The other half of the year has another name for the same zone.
  const later = timeAt(local + HALF_YEAR, zone)
  if (abbreviationOf(later) === name) return timeAt(local - BigInt(offsetAt(zone, local + HALF_YEAR)), zone, nanosecond)
  // What nobody knows is taken for UTC.
  return timeAt(local, { name, offset: name.startsWith('GMT') ? Number(name.slice(3)) * 3600 : 0 }, nanosecond)
}

const HALF_YEAR = 15_768_000n

/** Go's quoting of times and durations: all but ASCII is written octet by octet. */
export function quoteTime(text: string): string {
  const escaped = (octet: number) => `\\x${octet.toString(16).padStart(2, '0')}`
  const shown = runesOf(text).map((rune) => {
    if (rune === '"' || rune === '\\') return `\\${rune}`
    return rune >= ' ' && rune <= '\x7f' ? rune : Array.from(octetsOf(rune), escaped).join('')
  })
  return `"${shown.join('')}"`
}

/** What is left of a text behind a prefix, or where they part. Blanks of the layout stand for any number of them. */
function skip(text: string, prefix: string): { readonly fits: boolean; readonly left: string } {
  let rest = text
  for (let at = 0; at < prefix.length; at++) {
    if (prefix[at] === ' ') {
      if (rest !== '' && rest[0] !== ' ') return { fits: false, left: rest }
      while (prefix[at + 1] === ' ') at++
      rest = rest.replace(/^ +/, '')
    } else {
      if (rest[0] !== prefix[at]) return { fits: false, left: rest }
      rest = rest.slice(1)
    }
  }
  return { fits: true, left: rest }
}

function dateOf(read: Read, fail: (part: string, rest: string, message: string) => never) {
  const { year, yearDay } = read
  if (yearDay === null) {
    const [month, day] = [read.month ?? 1, read.day ?? 1]
    const isThere = new Date(secondsOfDate(year, month, day) * 1000).getUTCDate() === day && day > 0
    return isThere ? { month, day } : fail('', '', ': day out of range')
  }
  const date = new Date(secondsOfDate(year, 1, yearDay) * 1000)
  if (yearDay < 1 || date.getUTCFullYear() !== year) fail('', '', ': day-of-year out of range')
  const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()]
  if (read.month !== null && read.month !== month) fail('', '', ': day-of-year does not match month')
  if (read.day !== null && read.day !== day) fail('', '', ': day-of-year does not match day')
  return { month, day }
}

/** Reads one part; what is left of the text. */
function readPart(part: string, text: string, read: Read, layoutRest: string): string | Unreadable {
  const number = (pattern: RegExp, low: number, high: number, what: string, take: (value: number) => void) => {
    const match = pattern.exec(text)
    if (match === null) return new Unreadable()
    const value = Number(match[1])
    if (value < low || value > high) return new Unreadable(what)
    take(value)
    return text.slice(match[0].length)
  }
  const named = (names: readonly string[], take: (index: number) => void) => {
    const index = names.findIndex((name) => text.slice(0, name.length).toLowerCase() === name.toLowerCase())
    if (index === -1) return new Unreadable()
    take(index)
    return text.slice(names[index]!.length)
  }
  const short = (names: readonly string[]) => names.map((name) => name.slice(0, 3))
  const setMonth = (index: number) => {
    read.month = index + 1
  }
  const ignore = () => {}
  const ONE_OR_TWO = /^(\d{1,2})/
  const TWO = /^(\d{2})/
  switch (part) {
    case 'January':
      return named(MONTHS, setMonth)
    case 'Jan':
      return named(short(MONTHS), setMonth)
    case 'Monday':
      return named(WEEKDAYS, ignore)
    case 'Mon':
      return named(short(WEEKDAYS), ignore)
    case '01':
    case '1':
      return number(part === '01' ? TWO : ONE_OR_TWO, 1, 12, 'month', (value) => setMonth(value - 1))
    case '02':
    case '2':
    case '_2':
      return number(part === '02' ? TWO : part === '2' ? ONE_OR_TWO : /^ ?(\d{1,2})/, 0, 99, '', (value) => {
        read.day = value
      })
    case '002':
    case '__2':
      return number(part === '002' ? /^(\d{3})/ : /^ {0,2}(\d{1,3})/, 0, 999, '', (value) => {
        read.yearDay = value
      })
    case '2006':
      return number(/^(\d{4})/, 0, 9999, '', (value) => {
        read.year = value
      })
    case '06':
      return number(TWO, 0, 99, '', (value) => {
        read.year = value + (value >= 69 ? 1900 : 2000)
      })
    case '15':
    case '03':
    case '3':
      return number(part === '03' ? TWO : ONE_OR_TWO, 0, part === '15' ? 23 : 12, 'hour', (value) => {
        read.hour = value
      })
    case '04':
    case '4':
      return number(part === '04' ? TWO : ONE_OR_TWO, 0, 59, 'minute', (value) => {
        read.minute = value
      })
    case '05':
    case '5': {
      const rest = number(part === '05' ? TWO : ONE_OR_TWO, 0, 59, 'second', (value) => {
        read.second = value
      })
      // A fraction may be there that the layout does not tell of: its next part is another one.
      const next = layoutRest.matchAll(LAYOUT_PARTS).next().value?.[0] ?? ''
      return typeof rest === 'string' && !/^[.,]/.test(next) ? readFraction(rest, read, null) : rest
    }
    case 'PM':
    case 'pm': {
      const half = part === 'PM' ? /^(?:(AM)|PM)/.exec(text) : /^(?:(am)|pm)/.exec(text)
      if (half === null) return new Unreadable()
      if (half[1] === undefined) read.afternoon = true
      else read.morning = true
      return text.slice(2)
    }
    case 'MST':
      return readZoneName(text, read)
  }
  if (part[0] === '.' || part[0] === ',') return readFraction(text, read, part[1] === '0' ? part.length - 1 : null)
  return readOffset(part, text, read)
}

/** @param digits that must be there; null: any number, none too */
function readFraction(text: string, read: Read, digits: number | null): string | Unreadable {
  const match = /^[.,](\d+)/.exec(text)
  if (digits !== null && (match === null || match[1]!.length < digits)) return new Unreadable()
  if (match === null) return text
  const shown = digits === null ? match[1]! : match[1]!.slice(0, digits)
  read.nanosecond = Number(shown.slice(0, 9).padEnd(9, '0'))
  return text.slice(shown.length + 1)
}

/** Three capitals, or four and five that end in T; a few others. */
const ZONE_NAME =
  /^(?:ChST|MeST|GMT(?:[+-]0*(?:\d|1\d|2[0-3])(?!\d))?|[+-]0*(?:\d|1\d|2[0-3])(?!\d)|(?:[A-Z]{4}T|[A-Z]{3}T|WITA|(?!GMT)[A-Z]{3})(?![A-Z]))/

function readZoneName(text: string, read: Read): string | Unreadable {
  if (text.startsWith('UTC')) {
    read.utc = true
    return text.slice(3)
  }
  const match = ZONE_NAME.exec(text)
  if (match === null) return new Unreadable()
  read.zoneName = match[0]
  return text.slice(match[0].length)
}

function readOffset(part: string, text: string, read: Read): string | Unreadable {
  if (part.startsWith('Z') && text.startsWith('Z')) {
    read.utc = true
    return text.slice(1)
  }
  const colon = part.includes(':') ? ':' : ''
  const digits = part.replace(/[^0-9]/g, '').length / 2
  const pattern = new RegExp(`^([+-])(\\d\\d)${`${colon}(\\d\\d)`.repeat(digits - 1)}`)
  const match = pattern.exec(text)
  if (match === null) return new Unreadable()
  const [all, sign, hours, minutes = '0', seconds = '0'] = match
  if (Number(hours) > 24) return new Unreadable('time zone offset hour')
  if (Number(minutes) > 60) return new Unreadable('time zone offset minute')
  if (Number(seconds) > 60) return new Unreadable('time zone offset second')
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  read.offset = sign === '-' ? -offset : offset
  return text.slice(all.length)
}
