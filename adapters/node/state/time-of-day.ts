/** Farther apart than the rounding of `Date.now()`: the system's clock has been set. */
const TOLERANCE_MS = 2

/** Gives whole microseconds since 1970: as fine as the monotonic clock, and where the system's clock is. */
export function createTimeOfDay(): () => number {
  let offset = Date.now() - performance.now()
  return () => {
    const [date, fine] = [Date.now(), performance.now()]
    if (Math.abs(offset + fine - date) > TOLERANCE_MS) offset = date - fine
    return Math.floor((offset + fine) * 1000)
  }
}
