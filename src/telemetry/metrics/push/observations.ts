import type { Meter, RequestSeries } from '../meter.ts'

/** Durations that are kept between two looks: of more, these are drawn by lot. */
const MOST_KEPT = 10_000

/** One duration that was kept. */
export interface Observation {
  readonly series: RequestSeries
  readonly meter: Meter
  readonly durationMs: number
}

/** Single durations, for who wants more of them than buckets: a fair draw where there are too many. */
export class Observations {
  readonly #random: () => number
  #kept: Observation[] = []
  #seen = 0

  /** @param random from 0 to below 1 */
  constructor(random: () => number) {
    this.#random = random
  }

  add(series: RequestSeries, meter: Meter, durationMs: number): void {
    this.#seen++
    if (this.#kept.length < MOST_KEPT) {
      this.#kept.push({ series, meter, durationMs })
      return
    }
    // Every one of those seen is kept with the same chance (Vitter's algorithm R).
    const place = Math.floor(this.#random() * this.#seen)
    if (place < MOST_KEPT) this.#kept[place] = { series, meter, durationMs }
  }

  /** Those since the last time, and which share of all they are. */
  take(): { readonly kept: readonly Observation[]; readonly share: number } {
    const kept = this.#kept
    const share = this.#seen === 0 ? 1 : kept.length / this.#seen
    this.#kept = []
    this.#seen = 0
    return { kept, share }
  }
}
