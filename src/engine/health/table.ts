import type { HealthKeeper } from '../../contracts/health-check.ts'

/** Per check: how many results in a row have spoken against its state. */
export type Streaks = Readonly<Record<string, number>>

/**
 * Which servers are down. Health is pulled: whoever depends on it asks, and may keep an answer for an `epoch`.
 * Keys are service, server URL and the check's options, so two checks of one address don't disturb each other.
 */
export class HealthTable implements HealthKeeper {
  /** Grows with every change. */
  epoch = 0
  #down = new Set<string>()
  #streaks = new Map<string, number>()
  readonly #passes = new Map<string, number>()
  readonly #changedAt = new Map<string, number>()

  isUp(key: string): boolean {
    return !this.#down.has(key)
  }

  passes(key: string): number {
    return this.#passes.get(key) ?? 0
  }

  changedAt(key: string): number | null {
    return this.#changedAt.get(key) ?? null
  }

  /**
   * What a check found; whether this changed anything.
   * @param needed results in a row that it takes
   * @param now on the clock's scale
   */
  set(key: string, up: boolean, needed = 1, now: number | null = null): boolean {
    if (up) this.#passes.set(key, this.passes(key) + 1)
    if (up === this.isUp(key)) {
      this.#streaks.delete(key)
      return false
    }
    const streak = (this.#streaks.get(key) ?? 0) + 1
    if (streak < needed) {
      this.#streaks.set(key, streak)
      return false
    }
    this.#streaks.delete(key)
    if (up) this.#down.delete(key)
    else this.#down.add(key)
    this.#note(key, now)
    this.epoch++
    return true
  }

  /** Keys that are down. */
  down(): string[] {
    return [...this.#down]
  }

  /**
   * What `replace` takes besides `down()` where the next check runs in another process: a server with thresholds
   * changes its state only where they are handed on. Empty while every result agrees with the state.
   */
  streaks(): Streaks {
    return Object.fromEntries(this.#streaks)
  }

  /**
   * Takes a whole state over, as read from shared storage.
   * @param streaks as another table's `streaks()` gave them
   * @param now on this clock's scale: servers that change have changed then; null: nobody knows, so none starts slowly
   */
  replace(down: readonly string[], streaks: Streaks = {}, now: number | null = null): void {
    const next = new Set(down)
    for (const key of this.#down) if (!next.has(key)) this.#note(key, now)
    for (const key of next) if (!this.#down.has(key)) this.#note(key, now)
    this.#down = next
    this.#streaks = new Map(Object.entries(streaks))
    this.epoch++
  }

  /** Forgets every key that no check uses any more. */
  retain(keys: ReadonlySet<string>): void {
    for (const known of [this.#passes, this.#streaks, this.#changedAt])
      for (const key of known.keys()) if (!keys.has(key)) known.delete(key)
    for (const key of this.#down) {
      if (keys.has(key)) continue
      this.#down.delete(key)
      this.epoch++
    }
  }

  #note(key: string, now: number | null): void {
    if (now === null) this.#changedAt.delete(key)
    else this.#changedAt.set(key, now)
  }
}
