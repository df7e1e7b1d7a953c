/** Ends a watch that says nothing for too long, or goes on for too long, without waiting for its next line. */
export class WatchLimit {
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal
  readonly #callOff = (): void => this.#controller.abort(this.#outer.reason)
  #timer: NodeJS.Timeout | null = null
  /** Why it was ended by us; null: it was not. */
  expired: Error | null = null

  /** @param outer ends it too */
  constructor(outer: AbortSignal) {
    this.#outer = outer
    if (outer.aborted) this.#callOff()
    else outer.addEventListener('abort', this.#callOff, { once: true })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** In place of the limit that there was. */
  set(ms: number, message: string): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.expired = new Error(message)
      this.#controller.abort(this.expired)
    }, ms)
    this.#timer.unref()
  }

  /** Leaves nothing behind. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#outer.removeEventListener('abort', this.#callOff)
  }
}
