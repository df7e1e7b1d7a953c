import type { Sample } from '../family.ts'

/** What was added to counters since somebody last looked: each who sends sums of intervals has one of these. */
export class Differences {
  readonly #families = new Map<string, WeakMap<object, number>>()

  /** Of a counter of a family; 0 where nothing was added. */
  of(family: string, { value, series }: Sample): number {
    if (series === undefined) return value
    let known = this.#families.get(family)
    if (known === undefined) {
      known = new WeakMap()
      this.#families.set(family, known)
    }
    const difference = value - (known.get(series) ?? 0)
    if (difference !== 0) known.set(series, value)
    return difference
  }
}
