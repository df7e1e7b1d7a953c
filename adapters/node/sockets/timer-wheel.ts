const TICK_MS = 100
const SLOTS = 1024

/** Something that has a deadline now and then: connections in both directions. */
export abstract class Timed {
  /**
   * Milliseconds on the wheel's clock; 0: none. Later deadlines may simply be written; the wheel looks again in time.
   */
  deadline = 0
  /** The wheel's own: when it looks next (0: not on the wheel), and the neighbours in the slot. */
  looksAt = 0
  previous: Timed | null = null
  next: Timed | null = null

  abstract onDeadline(now: number): void
}

/**
 * Deadlines of very many connections on one coarse timer: moving a deadline ahead is a field write, and nothing is
 * allocated. A deadline is met up to 200 ms late.
 */
export class TimerWheel {
  readonly #slots: (Timed | null)[] = new Array<Timed | null>(SLOTS).fill(null)
  #count = 0
  /** Slot number, from the clock's zero, that was looked at last. */
  #done = 0
  #timer: NodeJS.Timeout | null = null

  /** Monotonic milliseconds. */
  now(): number {
    return performance.now()
  }

  set(entry: Timed, deadline: number): void {
    entry.deadline = deadline
    if (deadline === 0 || (entry.looksAt !== 0 && entry.looksAt <= deadline + TICK_MS)) return
    if (entry.looksAt !== 0) this.#unlink(entry)
    this.#link(entry)
  }

  remove(entry: Timed): void {
    entry.deadline = 0
    if (entry.looksAt !== 0) this.#unlink(entry)
  }

  #link(entry: Timed): void {
    if (this.#timer === null) {
      this.#done = Math.floor(this.now() / TICK_MS)
      this.#timer = setInterval(() => this.#tick(), TICK_MS)
      this.#timer.unref()
    }
    const wanted = Math.ceil(entry.deadline / TICK_MS)
    const number = Math.max(this.#done + 1, Math.min(wanted, this.#done + SLOTS - 1))
    const slot = number % SLOTS
    entry.looksAt = number * TICK_MS
    entry.previous = null
    entry.next = this.#slots[slot]!
    if (entry.next !== null) entry.next.previous = entry
    this.#slots[slot] = entry
    this.#count++
  }

  #unlink(entry: Timed): void {
    const { previous, next } = entry
    if (next !== null) next.previous = previous
    if (previous !== null) previous.next = next
    else this.#slots[Math.round(entry.looksAt / TICK_MS) % SLOTS] = next
    entry.previous = null
    entry.next = null
    entry.looksAt = 0
    this.#count--
  }

  #tick(): void {
    const now = this.now()
    const upTo = Math.floor(now / TICK_MS)
    // A process that was stopped for long looks at every slot once.
    if (upTo - this.#done > SLOTS) this.#done = upTo - SLOTS
    while (this.#done < upTo) {
      this.#done++
      const slot = this.#done % SLOTS
      let entry = this.#slots[slot]!
      while (entry !== null) {
        // Taken off first: its handler may set a new deadline or remove others of this slot.
        this.#unlink(entry)
        if (entry.deadline !== 0) {
          if (entry.deadline <= now) {
            entry.deadline = 0
            entry.onDeadline(now)
          } else this.#link(entry)
        }
        entry = this.#slots[slot]!
      }
    }
    if (this.#count === 0 && this.#timer !== null) {
      clearInterval(this.#timer)
      this.#timer = null
    }
  }
}

/** The process's wheel. */
export const timers = new TimerWheel()
