import { setTimeout as sleep } from 'node:timers/promises'

/** After a change nothing else for so long: what was written together is there. */
const QUIET_MS = 20
/** Who writes without end is not waited for. */
const LONGEST_MS = 500

/** Changes of a store, told one by one and taken together, so that a configuration in several keys arrives whole. */
export class Changes {
  /** Of the first and the last one that was not taken. */
  #first: number | null = null
  #last = Number.NEGATIVE_INFINITY
  #wake: (() => void) | null = null

  /** There was a change that was not taken. */
  get isNoted(): boolean {
    return this.#first !== null
  }

  note(): void {
    this.#last = performance.now()
    this.#first ??= this.#last
    this.#wake?.()
  }

  /** Resolves when there was a change and then quiet; rejects when the signal is aborted. */
  async settled(signal: AbortSignal): Promise<void> {
    while (this.#first === null) await this.#noted(signal)
    await this.#quiet(this.#first + LONGEST_MS, signal)
  }

  /** The same from now on, and at once where nothing changes. */
  quiet(signal: AbortSignal): Promise<void> {
    return this.#quiet(performance.now() + LONGEST_MS, signal)
  }

  async #quiet(end: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const left = Math.min(this.#last + QUIET_MS, end) - performance.now()
      if (left <= 0) break
      await sleep(left, undefined, { signal })
    }
    this.#first = null
  }

  #noted(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        signal.removeEventListener('abort', abort)
        this.#wake = null
      }
      const abort = () => {
        end()
        reject(signal.reason)
      }
      if (signal.aborted) return abort()
      signal.addEventListener('abort', abort)
      this.#wake = () => {
        end()
        resolve()
      }
    })
  }
}
