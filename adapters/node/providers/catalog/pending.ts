import { setTimeout as sleep } from 'node:timers/promises'

/** Everything, or the services of these names. */
export type Pending = 'all' | ReadonlySet<string>

/** Changes that come so shortly one after the other are looked at together. */
const QUIET_MS = 20
const FAILED_AGAIN_MS = 3_000

/** What is to be looked at, until somebody does. */
export class PendingServices {
  readonly #signal: AbortSignal
  #all = false
  #names = new Set<string>()
  #wake: () => void = () => undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  add(what: Pending): void {
    if (what === 'all') this.#all = true
    else for (const name of what) this.#names.add(name)
    if (this.#hasWork) this.#wake()
  }

  /**
   * Waits for something to look at, and takes it.
   * @param failed services that could not be read; after a while they are asked for again
   */
  async next(failed: readonly string[]): Promise<Pending> {
    if (!this.#hasWork) await this.#wait(failed)
    await sleep(QUIET_MS, undefined, { signal: this.#signal })
    const pending = this.#all ? 'all' : this.#names
    this.#all = false
    this.#names = new Set()
    return pending
  }

  get #hasWork(): boolean {
    return this.#all || this.#names.size > 0
  }

  async #wait(failed: readonly string[]): Promise<void> {
    const timer = failed.length === 0 ? null : setTimeout(() => this.add(new Set(failed)), FAILED_AGAIN_MS)
    const signal = this.#signal
    let stop: () => void = () => undefined
    try {
      await new Promise<void>((resolve, reject) => {
        stop = () => reject(signal.reason)
        signal.addEventListener('abort', stop, { once: true })
        this.#wake = resolve
      })
    } finally {
      signal.removeEventListener('abort', stop)
      if (timer !== null) clearTimeout(timer)
    }
  }
}
