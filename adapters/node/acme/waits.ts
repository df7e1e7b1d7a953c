import type { Clock } from '../../../src/contracts/ports.ts'

/** Resolves after so long. Rejects with the signal's reason when it is aborted before that. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      callOff()
      reject(signal.reason as Error)
    }
    const callOff = clock.after(ms, () => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    signal.addEventListener('abort', abort, { once: true })
  })
}

/** Aborted after so long, or when one of the others is; `end` calls the clock off. */
export function limited(
  clock: Clock,
  ms: number,
  reason: string,
  others: readonly AbortSignal[],
): { readonly signal: AbortSignal; end(): void } {
  const limit = new AbortController()
  const callOff = clock.after(ms, () => limit.abort(new Error(reason)))
  return { signal: AbortSignal.any([limit.signal, ...others]), end: callOff }
}

/** The longest pause that an answer may ask for. */
const LONGEST_MS = 7 * 24 * 3600 * 1000

/** `Retry-After` (RFC 9110 §10.2.3) in milliseconds from now; null: it does not say anything that can be read. */
export function retryAfterMs(field: string | undefined, now: Date): number | null {
  if (field === undefined) return null
  const text = field.trim()
  if (/^\d{1,9}$/.test(text)) return Math.min(LONGEST_MS, Number(text) * 1000)
  // A date begins with its day: `Date.parse` takes numbers for years.
  const at = /^[A-Za-z]/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : Math.min(LONGEST_MS, Math.max(0, at - now.getTime()))
}
