const pad = (value: number, width = 2): string => String(value).padStart(width, '0')

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Offset from UTC: `+05:30`. */
function offsetOf(date: Date, separator: string): string {
  const minutes = -date.getTimezoneOffset()
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}${separator}${pad(size % 60)}`
}

/** Local time to the second, RFC 3339: `2026-11-25T13:00:00+01:00`, `Z` in UTC. */
export const localTime = (date: Date): string => `${localDateTime(date)}${zoneOf(date)}`

/** Local time to the millisecond, RFC 3339. */
export function localTimeMs(): (ms: number) => string {
  const dateTime = perSecond(localDateTime)
  const zone = perSecond(zoneOf)
  return (ms) => `${dateTime(ms)}.${pad(Math.floor(ms) % 1000, 3)}${zone(ms)}`
}

/** UTC to the millisecond, RFC 3339. */
export function utcTimeMs(): (ms: number) => string {
  const dateTime = perSecond((date) => date.toISOString().slice(0, 19))
  return (ms) => `${dateTime(ms)}.${pad(Math.floor(ms) % 1000, 3)}Z`
}

const localDateTime = (date: Date): string =>
  `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`

const zoneOf = (date: Date): string => (date.getTimezoneOffset() === 0 ? 'Z' : offsetOf(date, ':'))

/** Common log format in UTC: `25/Nov/2026:13:00:00 +0000`. */
export const commonTimeUtc = (date: Date): string =>
  `${pad(date.getUTCDate())}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}:${date.toISOString().slice(11, 19)} +0000`

/** Common log format in local time: `25/Nov/2026:14:00:00 +0100`. */
export const commonTimeLocal = (date: Date): string =>
  `${pad(date.getDate())}/${months[date.getMonth()]}/${date.getFullYear()}:${localDateTime(date).slice(-8)} ${offsetOf(date, '')}`

/** Remembers the text of the last second: most lines of a busy log share it. */
export function perSecond(format: (date: Date) => string): (ms: number) => string {
  let second = Number.NaN
  let text = ''
  return (ms) => {
    const current = Math.floor(ms / 1000)
    if (current !== second) {
      second = current
      text = format(new Date(ms))
    }
    return text
  }
}
