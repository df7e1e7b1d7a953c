import type { Family } from '../family.ts'
import type { Labels } from '../labels.ts'
import type { Level } from '../meter.ts'
import type { Differences } from './differences.ts'
import type { Observations } from './observations.ts'

/** What is sent at a time. */
export interface Interval {
  readonly families: Iterable<Family>
  readonly levels: ReadonlySet<Level>
  readonly differences: Differences
  readonly observations: Observations
}

/** One number of a counter, which is what was added to it, or of a gauge. */
export interface Reading {
  /** Of the family, as the receiver calls it. */
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly labels: Labels
  readonly value: number
}

/**
 * Counters to which something was added, and gauges. Durations are sent one by one instead of as histograms.
 * @param nameOf what the receiver calls a family; null: it is not told of it
 */
export function* readings(
  { families, differences }: Pick<Interval, 'families' | 'differences'>,
  nameOf: (family: string) => string | null,
): Generator<Reading> {
  for (const { name: family, type, samples } of families) {
    const name = nameOf(family)
    if (name === null || type === 'histogram') continue
    for (const sample of samples) {
      const value = type === 'counter' ? differences.of(family, sample) : sample.value
      if (type === 'gauge' || value !== 0) yield { name, type, labels: sample.labels, value }
    }
  }
}
