/** A configuration is derived so long after the last change, and so long after the first one at the latest. */
const QUIET_MS = 50
const LONGEST_MS = 250
/** After a rest, a change that no other follows for so long is alone, and does not wait. */
const ALONE_MS = 10

/** Brings changes that come together into one call, and calls that come too fast apart. */
export class Pace {
  readonly #leastMs: number
  readonly #act: (isUrgent: boolean) => void
  #timer: NodeJS.Timeout | null = null
  /** When the first of the changes came that wait; null: none waits. */
  #since: number | null = null
  #isUrgent = false
  #lastAt = Number.NEGATIVE_INFINITY

  /**
   * @param leastMs between two calls; urgent ones do not wait for it
   * @param act called for what came together
   */
  constructor(leastMs: number, act: (isUrgent: boolean) => void) {
    this.#leastMs = leastMs
    this.#act = act
  }

  changed(isUrgent: boolean): void {
    const now = performance.now()
    const isFirst = this.#since === null
    this.#since ??= now
    this.#isUrgent ||= isUrgent
    const quietMs = isFirst && now - this.#lastAt > LONGEST_MS ? ALONE_MS : QUIET_MS
    const settled = Math.min(now + quietMs, this.#since + LONGEST_MS)
    const at = this.#isUrgent ? settled : Math.max(settled, this.#lastAt + this.#leastMs)
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.flush(), Math.max(0, at - now))
    this.#timer.unref()
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  /** Calls now, for whatever came together. */
  flush(): void {
    const isUrgent = this.#isUrgent
    this.stop()
    this.#since = null
    this.#isUrgent = false
    this.#lastAt = performance.now()
    this.#act(isUrgent)
  }
}
