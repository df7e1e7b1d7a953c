import type { Logger } from '../../../src/contracts/ports.ts'

/** Where numbers are sent. */
export interface Destination {
  /** For messages; without secrets. */
  readonly name: string
  /** Rejects when it did not arrive. */
  send(lines: readonly string[], signal: AbortSignal): Promise<void>
  close(): void
}

/** How long a send may take, in milliseconds. */
const PATIENCE_MS = 10_000

/** How long what is left at a stop may take. */
const LAST_PATIENCE_MS = 2_000

/**
 * Sends what was counted, interval by interval. What does not arrive is lost, once: a destination that is away costs a
 * line in the log when it goes and one when it is back, and nothing else.
 */
export class Pusher {
  readonly #destination: Destination
  readonly #lines: () => Iterable<string>
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  #sending: Promise<void> = Promise.resolve()
  #isBusy = false
  #isAway = false

  constructor(destination: Destination, intervalMs: number, lines: () => Iterable<string>, log: Logger) {
    this.#destination = destination
    this.#lines = lines
    this.#log = log
    this.#timer = setInterval(() => this.#push(PATIENCE_MS), Math.max(100, intervalMs))
    this.#timer.unref()
  }

  /** Sends what is left. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#sending
    this.#push(LAST_PATIENCE_MS)
    await this.#sending
    this.#destination.close()
  }

  /** One at a time: who is slow gets the sums of several intervals. */
  #push(patienceMs: number): void {
    if (this.#isBusy) return
    this.#isBusy = true
    this.#sending = this.#send(patienceMs)
  }

  async #send(patienceMs: number): Promise<void> {
    const { name } = this.#destination
    try {
      await this.#destination.send([...this.#lines()], AbortSignal.timeout(patienceMs))
      if (this.#isAway) this.#log.log('info', 'Metrics are taken again', { destination: name })
      this.#isAway = false
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (!this.#isAway) this.#log.log('warn', `Metrics can't be sent: ${reason}`, { destination: name })
      this.#isAway = true
    } finally {
      this.#isBusy = false
    }
  }
}
