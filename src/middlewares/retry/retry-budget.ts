export interface RetryBudgetConfig {
  /** Retries for a hundred requests. */
  readonly percent: number
  /** Retries in a second that need no requests. */
  readonly minPerSecond: number
}

/** Seconds that requests and retries are remembered for. */
const SECONDS = 10

/**
 * How many retries the requests of the last ten seconds allow: a share of them and a reserve, so that servers in
 * trouble do not get a multiple of their load (as budgets of Finagle and Linkerd). Times are milliseconds on a
 * monotonic clock.
 */
export class RetryBudget {
  readonly #share: number
  readonly #reserve: number
  /** By second; the one at `#second % SECONDS` is the newest. */
  readonly #requests: number[] = new Array<number>(SECONDS).fill(0)
  readonly #retries: number[] = new Array<number>(SECONDS).fill(0)
  #second = 0
  #requestsInAll = 0
  #retriesInAll = 0

  constructor({ percent, minPerSecond }: RetryBudgetConfig) {
    this.#share = percent / 100
    this.#reserve = minPerSecond * SECONDS
  }

  /** A request came in. */
  earn(now: number): void {
    this.#requests[this.#slot(now)]!++
    this.#requestsInAll++
  }

  /** Takes one retry; false: none is left. */
  spend(now: number): boolean {
    const slot = this.#slot(now)
    if (this.#retriesInAll + 1 > this.#requestsInAll * this.#share + this.#reserve) return false
    this.#retries[slot]!++
    this.#retriesInAll++
    return true
  }

  /** The slot of this second; those of seconds that are too long ago have been emptied. */
  #slot(now: number): number {
    const second = Math.floor(now / 1000)
    const first = Math.max(this.#second + 1, second - SECONDS + 1)
    for (let passed = first; passed <= second; passed++) {
      const at = passed % SECONDS
      this.#requestsInAll -= this.#requests[at]!
      this.#retriesInAll -= this.#retries[at]!
      this.#requests[at] = 0
      this.#retries[at] = 0
    }
    if (second > this.#second) this.#second = second
    return this.#second % SECONDS
  }
}
