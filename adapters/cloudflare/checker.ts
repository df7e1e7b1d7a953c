import type { HealthCheck } from '../../src/contracts/health-check.ts'
import type { Logger } from '../../src/contracts/ports.ts'
import { HealthMonitor } from '../../src/engine/health/monitor.ts'
import type { HealthTable } from '../../src/engine/health/table.ts'
import { runtimeClock } from '../web/clock.ts'

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
