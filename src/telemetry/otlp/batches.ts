import type { Clock } from '../../contracts/ports.ts'
import type { Delivery } from './delivery.ts'

/** Items of a message, and of those that wait; as OpenTelemetry's batch processors have it. */
const BATCH = 512
const MOST_WAITING = 2048
/** Characters that wait, about: each item has what clients sent. */
const MOST_CHARACTERS = 16 * 1024 * 1024

export interface BatchesOptions<T> {
  readonly delivery: Delivery
  readonly encode: (items: readonly T[]) => Uint8Array<ArrayBuffer>
  /** Characters of an item, about. */
  readonly sizeOf: (item: T) => number
  /** When a batch that is not full is sent; null: nothing is sent but by `flush`. */
  readonly timer: { readonly clock: Pick<Clock, 'after'>; readonly intervalMs: number } | null
}

/** What waits to be sent: bounded, and dropped where the collector does not keep up. Nobody ever waits for it. */
export class Batches<T> {
  readonly delivery: Delivery
  readonly #options: BatchesOptions<T>
  #waiting: T[] = []
  #characters = 0
  #callOff: (() => void) | null = null
  #sending: Promise<void> | null = null

  constructor(options: BatchesOptions<T>) {
    this.delivery = options.delivery
    this.#options = options
  }

  /** Takes an item, or drops it. */
  add(item: T): void {
    const size = this.#options.sizeOf(item)
    if (this.#waiting.length >= MOST_WAITING || this.#characters + size > MOST_CHARACTERS) {
      this.delivery.drop(1)
      return
    }
    this.#waiting.push(item)
    this.#characters += size
    if (this.#sending !== null) return
    // Whoever adds is busy with an exchange.
    if (this.#waiting.length === BATCH) this.#beginIn(0)
    else if (this.#callOff === null) this.#beginIn(null)
  }

  /** Sends what waits; resolves once it was sent or dropped. */
  async flush(): Promise<void> {
    // What came while others were sent.
    if (this.#sending !== null) await this.#sending
    while (this.#waiting.length > 0) await this.#begin()
  }

  /** Sends what waits now, whatever else is under way. */
  async sendNow(): Promise<void> {
    while (this.#waiting.length > 0) await this.#sendOne()
  }

  /** Sends what waits as well as can be in `ms` milliseconds. */
  async close(ms: number, clock: Pick<Clock, 'after'>): Promise<void> {
    this.delivery.hurry()
    const callOff = clock.after(ms, () => this.delivery.stop())
    await this.flush()
    callOff()
  }

  #begin(): Promise<void> {
    this.#callOff?.()
    this.#callOff = null
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null
      if (this.#waiting.length > 0) this.#beginIn(null)
    })
    return this.#sending
  }

  /** @param ms null: as is usual */
  #beginIn(ms: number | null): void {
    const { timer } = this.#options
    if (timer === null) return
    this.#callOff?.()
    this.#callOff = timer.clock.after(ms ?? timer.intervalMs, () => void this.#begin())
  }

  /** All that waits now, and then as long as there are whole batches. */
  async #sendAll(): Promise<void> {
    do await this.#sendOne()
    while (this.#waiting.length >= BATCH)
  }

  async #sendOne(): Promise<void> {
    const items = this.#waiting.splice(0, BATCH)
    for (const item of items) this.#characters -= this.#options.sizeOf(item)
    if (items.length > 0) await this.delivery.deliver(this.#options.encode(items), items.length)
  }
}
