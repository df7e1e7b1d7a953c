import type { GoTime } from '../values.ts'
import { MONTHS, WEEKDAYS } from './names.ts'
import { abbreviationOf, type Civil, civilOf } from './zone.ts'

/** Go's layout of `Time.String`. */
export const RFC_LIKE = '2006-01-02 15:04:05.999999999 -0700 MST'

/** What stands for a part of a time in a layout (`time.nextStdChunk`). */
export const LAYOUT_PARTS =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|2|__2|_2(?!006)|3|4|5|PM|pm|[-Z]07(?:0000|:00:00|00|:00)?|[.,](?:0+|9+)(?![0-9])/g

/** Go's `Time.Format`. */
export function formatTime(time: GoTime, layout: string): string {
  const civil = civilOf(time)
  return layout.replace(LAYOUT_PARTS, (part) => shownPart(part, civil, time))
}

function shownPart(part: string, civil: Civil, time: GoTime): string {
  const { year, month, day, hour, minute, second, weekday, yearDay } = civil
  const hour12 = hour % 12 === 0 ? 12 : hour % 12
  const two = (value: number) => String(value).padStart(2, '0')
  switch (part) {
    case 'January':
      return MONTHS[month - 1]!
    case 'Jan':
      return MONTHS[month - 1]!.slice(0, 3)
    case 'Monday':
      return WEEKDAYS[weekday]!
    case 'Mon':
      return WEEKDAYS[weekday]!.slice(0, 3)
    case 'MST':
      if (typeof time.zone === 'number') return shownOffset('-0700', civil.offset)
      return abbreviationOf(time) || shownOffset('-0700', civil.offset).replace(/00$/, '')
    case '002':
      return String(yearDay).padStart(3, '0')
    case '__2':
      return String(yearDay).padStart(3)
    case '01':
      return two(month)
    case '1':
      return String(month)
    case '02':
      return two(day)
    case '2':
      return String(day)
    case '_2':
      return String(day).padStart(2)
    case '03':
      return two(hour12)
    case '3':
      return String(hour12)
    case '15':
      return two(hour)
    case '04':
      return two(minute)
    case '4':
      return String(minute)
    case '05':
      return two(second)
    case '5':
      return String(second)
    case '06':
      return two(((year % 100) + 100) % 100)
    case '2006':
      return (year < 0 ? '-' : '') + String(Math.abs(year)).padStart(4, '0')
    case 'PM':
      return hour >= 12 ? 'PM' : 'AM'
    case 'pm':
      return hour >= 12 ? 'pm' : 'am'
  }
  return part[0] === '.' || part[0] === ',' ? shownFraction(part, civil.nanosecond) : shownOffset(part, civil.offset)
}

function shownOffset(part: string, offset: number): string {
  if (part.startsWith('Z') && offset === 0) return 'Z'
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const distance = Math.abs(offset)
  const [hours, minutes, seconds] = [two(distance / 3600), two((distance / 60) % 60), two(distance % 60)]
  const colon = part.includes(':') ? ':' : ''
  const digits = part.replace(/[^0-9]/g, '').length
  const shown = [hours, ...(digits > 2 ? [minutes] : []), ...(digits > 4 ? [seconds] : [])]
  return (offset < 0 ? '-' : '+') + shown.join(colon)
}

/** Of nines only what is not zero. */
function shownFraction(part: string, nanosecond: number): string {
  const digits = String(nanosecond)
    .padStart(9, '0')
    .slice(0, part.length - 1)
    .padEnd(part.length - 1, '0')
  if (part[1] === '0') return part[0]! + digits
  const shown = digits.replace(/0+$/, '')
  return shown === '' ? '' : part[0]! + shown
}
