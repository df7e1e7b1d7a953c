import type { Clock, Logger } from '../../contracts/ports.ts'

/** Kinds of data that are sent. */
export type Signal = 'traces' | 'metrics' | 'logs'

/** What came of sending a message; null: the collector has taken it. */
export type Refusal = {
  /** Why, without a secret. */
  readonly reason: string
  /** Whether the same message may be taken another time. */
  readonly isTemporary: boolean
  /** The collector wants to be left alone for so long; null: it has not said. */
  readonly afterMs: number | null
} | null

/** Sends one message. Never rejects; ends soon after `signal` is aborted. */
export type Send = (message: Uint8Array<ArrayBuffer>, signal: AbortSignal) => Promise<Refusal>

export interface DeliveryOptions {
  readonly signal: Signal
  readonly send: Send
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly log: Logger
  /** What is sent, and where, for the log: no more than host and port. */
  readonly what: string
  readonly where: string
}

/** First and longest wait before a message is sent again, and how long it is tried. */
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000
const PATIENCE_MS = 60_000

/** Nothing has been lost for so long: all is well again. */
const CALM_MS = 30_000

/** Brings messages to a collector, one at a time, and says once that it can't and once that it can again. */
export class Delivery {
  /** Spans, records or sendings of metrics that nobody got. */
  dropped = 0
  readonly #options: DeliveryOptions
  readonly #stop = new AbortController()
  #isFailing = false
  #lost = 0
  /** When something was lost last, on the clock's scale. */
  #lostAt = Number.NEGATIVE_INFINITY
  #wake: (() => void) | null = null
  #isLast = false

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  get signal(): Signal {
    return this.#options.signal
  }

  /** Sends a message until it is taken, or there is no use in trying. @param items how many it has */
  async deliver(message: Uint8Array<ArrayBuffer>, items: number): Promise<void> {
    const { send, clock } = this.#options
    const end = clock.now() + PATIENCE_MS
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const refusal = this.#stop.signal.aborted ? STOPPED : await send(message, this.#stop.signal)
      if (refusal === null) return this.#succeeded()
      this.#failed(refusal.reason)
      const ms = Math.max(wait, refusal.afterMs ?? 0)
      if (!refusal.isTemporary || this.#isLast || clock.now() + ms > end) return this.drop(items)
      await this.#waited(ms)
      if (this.#isLast && refusal.afterMs !== null) return this.drop(items)
    }
  }

  /** Counts what nobody gets. */
  drop(items: number): void {
    this.dropped += items
    this.#lost += items
    this.#lostAt = this.#options.clock.now()
    this.#failed('it does not keep up')
  }

  /** From now on each message is sent once, and none waits. */
  hurry(): void {
    this.#isLast = true
    this.#wake?.()
  }

  /** Ends what is under way. */
  stop(): void {
    this.#stop.abort(new Error('the proxy stops'))
    this.hurry()
  }

  #waited(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const callOff = this.#options.clock.after(ms, () => this.#wake?.())
      this.#wake = () => {
        this.#wake = null
        callOff()
        resolve()
      }
      if (this.#isLast) this.#wake()
    })
  }

  #failed(reason: string): void {
    if (this.#isFailing) return
    this.#isFailing = true
    const { log, what, where } = this.#options
    log.log('error', `Unable to send ${what} to the collector`, { collector: where, cause: reason })
  }

  #succeeded(): void {
    const { log, what, where, clock } = this.#options
    // Who now and then does not keep up does not fill the log.
    if (!this.#isFailing || clock.now() - this.#lostAt < CALM_MS) return
    log.log('info', `The collector takes ${what} again`, { collector: where, lost: this.#lost })
    this.#isFailing = false
    this.#lost = 0
  }
}

const STOPPED: Refusal = { reason: 'the proxy stops', isTemporary: false, afterMs: null }
