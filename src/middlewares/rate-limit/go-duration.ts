/** Milliseconds, with fractions, as Go writes a duration: `59.998s`, `1m0s`, `1h0m0.5s`; at most nanoseconds. */
export function goDuration(ms: number): string {
  const ns = Math.round(ms * 1e6)
  if (ns === 0) return '0s'
  if (ns < 1e3) return `${ns}ns`
  if (ns < 1e6) return `${decimal(ns, 1e3)}µs`
  if (ns < 1e9) return `${decimal(ns, 1e6)}ms`
  const minutes = Math.floor(ns / 60e9)
  const seconds = `${decimal(ns - minutes * 60e9, 1e9)}s`
  if (minutes === 0) return seconds
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`
}

function decimal(ns: number, unit: number): string {
  const whole = Math.floor(ns / unit)
  const fraction = String(Math.round(ns - whole * unit))
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '')
  return fraction === '' ? String(whole) : `${whole}.${fraction}`
}
