import type { Family, Sample } from '../metrics/family.ts'

/** How a series stood when it was sent last. */
interface Sent {
  readonly value: number
  readonly sum: number
  readonly counts: ArrayLike<number>
}

/** What was added to counters and histograms since the last time; gauges stay as they are. */
export class Deltas {
  readonly #sent = new Map<string, WeakMap<object, Sent>>()

  #samplesOf({ name, samples }: Family): readonly Sample[] {
    let sent = this.#sent.get(name)
    if (sent === undefined) {
      sent = new WeakMap()
      this.#sent.set(name, sent)
    }
    const added: Sample[] = []
    for (const sample of samples) {
      const { series, value, histogram } = sample
      const before = series === undefined ? undefined : sent.get(series)
      if (value === (before?.value ?? 0)) continue
      if (series !== undefined) {
        sent.set(series, { value, sum: histogram?.sum ?? 0, counts: Float64Array.from(histogram?.counts ?? []) })
      }
      const difference = { ...sample, value: value - (before?.value ?? 0) }
      if (histogram === undefined) added.push(difference)
      else {
        const counts = Float64Array.from(histogram.counts, (count, i) => count - (before?.counts[i] ?? 0))
        added.push({ ...difference, histogram: { ...histogram, sum: histogram.sum - (before?.sum ?? 0), counts } })
      }
    }
    return added
  }

  /** Families with the series to which something was added. Reading them counts as sending them. */
  *of(families: Iterable<Family>): Generator<Family> {
    for (const family of families) {
      if (family.type === 'gauge') yield family
      else yield { ...family, samples: this.#samplesOf(family) }
    }
  }
}
