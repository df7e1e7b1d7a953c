/** Span of the counters, in slots of a second. */
const SLOTS = 10
/** Latencies are kept in periods of ten seconds, the newest six. */
const PERIOD_MS = 10_000
const PERIODS = 6
/** Values below are kept exactly; above, half as many steps for each doubling: less than one percent off. */
const EXACT = 256

interface Slot {
  second: number
  total: number
  networkErrors: number
  readonly statuses: Map<number, number>
}

/**
 * What a circuit breaker has seen lately: statuses of the last ten seconds, latencies of the last minute (as oxy's
 * `memmetrics` keeps them). Times are milliseconds on a monotonic clock.
 */
export class CircuitMetrics {
  #slots: Slot[] = []
  /** Newest last; counts by step. */
  #periods: { readonly period: number; readonly counts: Map<number, number> }[] = []

  record(status: number, latencyMs: number, now: number): void {
    const slot = this.#slot(Math.floor(now / 1000))
    slot.total++
    if (status === 502 || status === 504) slot.networkErrors++
    slot.statuses.set(status, (slot.statuses.get(status) ?? 0) + 1)
    const counts = this.#period(Math.floor(now / PERIOD_MS))
    const step = stepOf(Math.max(1, Math.round(latencyMs * 1000)))
    counts.set(step, (counts.get(step) ?? 0) + 1)
  }

  reset(): void {
    this.#slots = []
    this.#periods = []
  }

  /** 502 and 504 over all; 0 when nothing was seen. */
  networkErrorRatio(now: number): number {
    let errors = 0
    let total = 0
    for (const slot of this.#recent(now)) {
      errors += slot.networkErrors
      total += slot.total
    }
    return total === 0 ? 0 : errors / total
  }

  /** Answers with a status from `from` to below `to` over those from `divFrom` to below `divTo`. */
  responseCodeRatio(from: number, to: number, divFrom: number, divTo: number, now: number): number {
    let part = 0
    let whole = 0
    for (const { statuses } of this.#recent(now)) {
      for (const [status, count] of statuses) {
        if (status >= from && status < to) part += count
        if (status >= divFrom && status < divTo) whole += count
      }
    }
    return whole === 0 ? 0 : part / whole
  }

  /** Whole milliseconds that `quantile` percent of the latencies do not exceed. */
  latencyMs(quantile: number, now: number): number {
    const oldest = Math.floor(now / PERIOD_MS) - PERIODS
    const counts = new Map<number, number>()
    let total = 0
    for (const { period, counts: some } of this.#periods) {
      if (period <= oldest) continue
      for (const [step, count] of some) {
        counts.set(step, (counts.get(step) ?? 0) + count)
        total += count
      }
    }
    const rank = Math.max(1, Math.floor((Math.min(100, quantile) / 100) * total + 0.5))
    let seen = 0
    for (const step of [...counts.keys()].sort((a, b) => a - b)) {
      seen += counts.get(step)!
      if (seen >= rank) return Math.floor(highestOf(step) / 1000)
    }
    return 0
  }

  #slot(second: number): Slot {
    const at = second % SLOTS
    let slot = this.#slots[at]
    if (slot === undefined || slot.second !== second) {
      slot = { second, total: 0, networkErrors: 0, statuses: new Map() }
      this.#slots[at] = slot
    }
    return slot
  }

  *#recent(now: number): Iterable<Slot> {
    const oldest = Math.floor(now / 1000) - SLOTS
    for (const slot of this.#slots) if (slot !== undefined && slot.second > oldest) yield slot
  }

  #period(period: number): Map<number, number> {
    const newest = this.#periods.at(-1)
    if (newest?.period === period) return newest.counts
    const counts = new Map<number, number>()
    this.#periods.push({ period, counts })
    if (this.#periods.length > PERIODS) this.#periods.shift()
    return counts
  }
}

/** Step of a value in microseconds. */
function stepOf(value: number): number {
  const shift = Math.max(0, Math.floor(Math.log2(value)) - 7)
  return shift * (EXACT / 2) + Math.floor(value / 2 ** shift)
}

/** The largest value of a step. */
function highestOf(step: number): number {
  if (step < EXACT) return step
  const shift = Math.floor(step / (EXACT / 2)) - 1
  return (step - shift * (EXACT / 2) + 1) * 2 ** shift - 1
}
