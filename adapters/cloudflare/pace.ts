/** Pauses after the first failures, in ms. */
export const RETRY_MS = [50, 200, 800] as const

/** The pause after more of them, in ms; it grows to the ordinary one while they last for minutes. */
const TROUBLED_MS = 600

/** When an isolate looks for news: in its time, soon after a look that failed, and ever more slowly while looks fail. */
export class Pace {
  readonly #ordinaryMs: number
  #lookedAt = Number.NEGATIVE_INFINITY
  #failingSince = 0
  #failures = 0

  /** @param ordinaryMs between looks, while all is well */
  constructor(ordinaryMs: number) {
    this.#ordinaryMs = ordinaryMs
  }

  /** Looks that have failed in a row. */
  get failures(): number {
    return this.#failures
  }

  /** Whether it is time; all times are milliseconds since 1970. */
  isDue(now: number): boolean {
    return now - this.#lookedAt >= this.#pauseAt(now)
  }

  looked(now: number): void {
    this.#lookedAt = now
  }

  succeeded(): void {
    this.#failures = 0
  }

  failed(now: number): void {
    if (this.#failures === 0) this.#failingSince = now
    this.#failures++
  }

  #pauseAt(now: number): number {
    if (this.#failures === 0) return this.#ordinaryMs
    const lasting = Math.min(this.#ordinaryMs, (now - this.#failingSince) / 60)
    return RETRY_MS[this.#failures - 1] ?? Math.max(TROUBLED_MS, lasting)
  }
}
