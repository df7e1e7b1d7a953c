const UNITS: readonly (readonly [seconds: number, unit: Intl.RelativeTimeFormatUnit])[] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
]

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** `3 minutes ago`, `in 12 days`. */
export function fromNow(date: Date, now = Date.now()): string {
  const seconds = (date.getTime() - now) / 1000
  const [size, unit] = UNITS.find(([length]) => Math.abs(seconds) >= length) ?? [1, 'second']
  return relative.format(Math.trunc(seconds / size), unit)
}

/** A point in time, as a distance; exactly on demand. */
export function Ago({ at }: { readonly at: string }) {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return <span>{at}</span>
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString()}>
      {fromNow(date)}
    </time>
  )
}
