import type { HealthView } from '../kinds/health-check.ts'

/**
 * Which servers are down. Health is pulled: whoever depends on it asks, and may keep an answer for an `epoch`.
 * Keys are service, server URL and the check's options, so two checks of one address don't disturb each other.
 */
export class HealthTable implements HealthView {
  /** Grows with every change. */
  epoch = 0
  #down = new Set<string>()
  readonly #passes = new Map<string, number>()

  isUp(key: string): boolean {
    return !this.#down.has(key)
  }

  passes(key: string): number {
    return this.#passes.get(key) ?? 0
  }

  /** What a check found; whether this changed anything. */
  set(key: string, up: boolean): boolean {
    if (up) this.#passes.set(key, this.passes(key) + 1)
    const changed = up ? this.#down.delete(key) : !this.#down.has(key)
    if (!changed) return false
    if (!up) this.#down.add(key)
    this.epoch++
    return true
  }

  /** Keys that are down. */
  down(): string[] {
    return [...this.#down]
  }

  /** Takes a whole state over, as read from shared storage. */
  replace(down: readonly string[]): void {
    this.#down = new Set(down)
    this.epoch++
  }

  /** Forgets every key that no check uses any more. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#passes.keys()) if (!keys.has(key)) this.#passes.delete(key)
    for (const key of this.#down) {
      if (keys.has(key)) continue
      this.#down.delete(key)
      this.epoch++
    }
  }
}
