import type { HealthCheck } from '../../src/contracts/health-check.ts'
import type { Logger } from '../../src/contracts/ports.ts'
import { HealthMonitor } from '../../src/engine/health/monitor.ts'
import type { HealthTable } from '../../src/engine/health/table.ts'
import { runtimeClock } from '../web/clock.ts'

/** What the last check of a server found. */
export interface CheckState {
  /** Of the check. */
  readonly key: string
  readonly up: boolean
  /** Milliseconds since 1970. */
  readonly checkedAt: number
  /** Why the server is not well; empty: it is. */
  readonly reason: string
}

/** Characters of a reason: servers have a part in it. */
const LONGEST_REASON = 300

/** Runs the checks of whatever plan is in force, at their own pace. */
export class Checker {
  readonly #table: HealthTable
  readonly #monitor: HealthMonitor
  #checks: readonly HealthCheck[] | null = null

  constructor(table: HealthTable, log: Logger) {
    this.#table = table
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

  /** What has been found here. */
  states(): readonly CheckState[] {
    return this.#monitor.results().map(({ check: { key }, at, reason }) => ({
      key,
      up: this.#table.isUp(key),
      checkedAt: at,
      reason: (reason ?? '').slice(0, LONGEST_REASON),
    }))
  }
}
