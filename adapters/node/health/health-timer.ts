import type { Clock } from '../../../src/contracts/ports.ts'
import type { HealthMonitor } from '../../../src/engine/health/monitor.ts'

/** Calls `tick` whenever a check is due; the core owns no timers. */
export class HealthTimer {
  readonly #monitor: HealthMonitor
  readonly #clock: Clock
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(monitor: HealthMonitor, clock: Clock) {
    this.#monitor = monitor
    this.#clock = clock
  }

  /** Call it when the checks have changed. */
  arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const due = this.#monitor.nextDue()
    if (this.#stopped || due === Number.POSITIVE_INFINITY) return
    const wait = Math.min(Math.max(0, Math.ceil(due - this.#clock.now())), 2 ** 31 - 1)
    this.#timer = setTimeout(() => {
      // Whoever is slow must not hold up the others: the timer is armed anew at once and when a check ends.
      void this.#monitor.tick().then(() => this.arm())
      this.arm()
    }, wait)
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }
}
