/** When certificates are renewed. Times are milliseconds; the present and chance come from whoever asks. */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export interface RenewalPlan {
  /** Renewed when less than this is left. */
  readonly beforeMs: number
  /** How often that is looked at. */
  readonly everyMs: number
}

const TABLE: readonly (readonly [leastHours: number, plan: RenewalPlan])[] = [
  [365 * 24, { beforeMs: 120 * DAY, everyMs: 7 * DAY }],
  [90 * 24, { beforeMs: 30 * DAY, everyMs: DAY }],
  [30 * 24, { beforeMs: 10 * DAY, everyMs: 12 * HOUR }],
  [6 * 24, { beforeMs: 2 * DAY, everyMs: 2 * HOUR }],
  [24, { beforeMs: 6 * HOUR, everyMs: 10 * MINUTE }],
]
const SHORTEST: RenewalPlan = { beforeMs: 20 * MINUTE, everyMs: MINUTE }

/** By `certificatesDuration` (Traefik v3.7 `getCertificateRenewDurations`). */
export const renewalPlan = (certificatesDurationHours: number): RenewalPlan =>
  TABLE.find(([least]) => certificatesDurationHours >= least)?.[1] ?? SHORTEST

/** When an authority suggests to renew (RFC 9773 §4.1). */
export interface RenewalWindow {
  readonly start: Date
  readonly end: Date
}

/** How long a certificate is good. */
export interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** The authority's window counts, but not so far that nothing is left of the certificate's time. */
const LEAST_SHARE_LEFT = 1 / 20

/**
 * When a certificate is to be renewed: at the place in the authority's window that was drawn for it, or by the table.
 * @param drawn in [0, 1), the same for a certificate as long as the window is
 */
export function renewalTime(
  { notBefore, notAfter }: Validity,
  { beforeMs }: RenewalPlan,
  window: RenewalWindow | null,
  drawn: number,
): number {
  const end = notAfter.getTime()
  if (window === null) return end - beforeMs
  const start = window.start.getTime()
  const chosen = start + drawn * Math.max(0, window.end.getTime() - start)
  return Math.min(chosen, end - (end - notBefore.getTime()) * LEAST_SHARE_LEFT)
}

/** How often an authority is asked for its window at most and at least, whatever it says. */
const SHORTEST_ASK = MINUTE
const LONGEST_ASK = DAY
const DEFAULT_ASK = 6 * HOUR

/** Until a window is asked for again (RFC 9773 §4.3). */
export const windowAgeMs = (retryAfterMs: number | null): number =>
  Math.min(LONGEST_ASK, Math.max(SHORTEST_ASK, retryAfterMs ?? DEFAULT_ASK))

const FIRST_BACK_OFF = MINUTE
const LONGEST_BACK_OFF = 6 * HOUR
const RATE_LIMIT_BACK_OFF = HOUR
const BACK_OFF_FACTOR = 3
/** Many that failed at one time do not all come back at one time. */
const JITTER = 0.1

/**
 * How long names are left alone after they failed: five tries in the first hour, four a day in the end, and never before
 * the time that the authority named.
 * @param failures in a row, this one counted
 * @param random in [0, 1)
 */
export function backOffMs(
  failures: number,
  { isRateLimit, retryAfterMs }: { readonly isRateLimit: boolean; readonly retryAfterMs: number | null },
  random: number,
): number {
  const own = Math.min(LONGEST_BACK_OFF, FIRST_BACK_OFF * BACK_OFF_FACTOR ** Math.min(failures - 1, 16))
  const least = retryAfterMs ?? (isRateLimit ? RATE_LIMIT_BACK_OFF : 0)
  return Math.max(own, least) * (1 + JITTER * random)
}
