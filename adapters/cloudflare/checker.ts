import { runtimeClock } from '../../src/fetch/clock.ts'
import { HealthMonitor } from '../../src/health/monitor.ts'
import type { HealthTable } from '../../src/health/table.ts'
import type { HealthCheck } from '../../src/kinds/health-check.ts'
import type { Logger } from '../../src/ports/ports.ts'

/** Runs the checks of whatever plan is in force, at their own pace. */
export class Checker {
  readonly #monitor: HealthMonitor
  #checks: readonly HealthCheck[] | null = null

  constructor(table: HealthTable, log: Logger) {
    this.#monitor = new HealthMonitor(table, runtimeClock, log)
  }

  /** Runs what is due (`all`: every check); resolves when that is done. */
  async run(checks: readonly HealthCheck[], all: boolean): Promise<void> {
    if (checks !== this.#checks) this.#monitor.replace(checks)
    this.#checks = checks
    await this.#monitor.tick(all)
  }

  /** Time until something is due, in ms. */
  dueIn(): number {
    return this.#monitor.nextDue() - runtimeClock.now()
  }
}
