import type { Snapshot } from './snapshot.ts'

/** The single mutable cell where configuration and requests meet: read once per exchange. */
export class Switch {
  #current: Snapshot
  readonly #listeners: ((next: Snapshot) => void)[] = []

  constructor(first: Snapshot) {
    this.#current = first
  }

  get current(): Snapshot {
    return this.#current
  }

  /** From now on exchanges begin on `next`; those under way end on the old one. */
  swap(next: Snapshot): void {
    const old = this.#current
    this.#current = next
    for (const listener of this.#listeners) listener(next)
    old.retire()
  }

  /** Called after each swap: health plans, API, telemetry. */
  onSwap(listener: (next: Snapshot) => void): void {
    this.#listeners.push(listener)
  }
}
