import type { HealthCheck } from '../../contracts/health-check.ts'
import type { Clock, Logger } from '../../contracts/ports.ts'
import { CheckContext } from './check-context.ts'
import type { HealthTable } from './table.ts'

/**
 * Runs active checks when they are due and writes what they find into the table. It owns no timer: Node calls `tick`
 * when `nextDue` says so, Workers from its scheduled handler.
 */
export class HealthMonitor {
  readonly #table: HealthTable
  readonly #clock: Clock
  readonly #log: Logger
  readonly #onChange: ((check: HealthCheck, isUp: boolean) => void) | null
  /** Checks of one service run one after the other, as in Traefik. */
  #services = new Map<string, Group>()

  /** @param onChange hears of servers that go down or come back */
  constructor(
    table: HealthTable,
    clock: Clock,
    log: Logger,
    onChange: ((check: HealthCheck, isUp: boolean) => void) | null = null,
  ) {
    this.#table = table
    this.#clock = clock
    this.#log = log
    this.#onChange = onChange
  }

  /**
   * The checks in force from now on. Unchanged ones keep their pace and state; new ones start up and wait one interval.
   */
  replace(checks: readonly HealthCheck[]): void {
    const known = new Map<string, Member>()
    for (const group of this.#services.values()) for (const member of group.members) known.set(member.check.key, member)
    const now = this.#clock.now()
    const services = new Map<string, Group>()
    for (const check of checks) {
      let group = services.get(check.service)
      if (group === undefined) {
        group = { members: [], busy: false }
        services.set(check.service, group)
      }
      const { dueAt = now + check.options.intervalMs, last = null } = known.get(check.key) ?? {}
      group.members.push({ check, dueAt, last })
    }
    this.#services = services
    this.#table.retain(new Set(checks.map((check) => check.key)))
  }

  /** What the last check of each server found; those that have not run yet are left out. */
  results(): CheckResult[] {
    const all = [...this.#services.values()].flatMap(({ members }) => members)
    return all.flatMap(({ check, last }) => (last === null ? [] : { check, ...last }))
  }

  /** When to call `tick` next, on the clock's scale; Infinity while there is nothing to do. */
  nextDue(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { members, busy } of this.#services.values()) {
      if (!busy) for (const { dueAt } of members) next = Math.min(next, dueAt)
    }
    return next
  }

  /** Runs what is due (`all`: every check); resolves when that is done. */
  async tick(all = false): Promise<void> {
    const now = this.#clock.now()
    const running: Promise<void>[] = []
    for (const group of this.#services.values()) {
      if (group.busy) continue
      const due = group.members.filter((member) => all || member.dueAt <= now)
      if (due.length > 0) running.push(this.#run(group, due))
    }
    await Promise.all(running)
  }

  async #run(group: Group, due: readonly Member[]): Promise<void> {
    group.busy = true
    for (const member of due) {
      const { check } = member
      const { options } = check
      const started = this.#clock.now()
      const reason = await this.#check(check)
      member.last = { at: this.#clock.date().getTime(), reason }
      // A group replaced meanwhile must not write about keys that the new checks no longer have.
      if (this.#services.get(check.service) !== group && !this.#isKnown(check.key)) continue
      const needed = reason === null ? options.passes : options.fails
      const changed = this.#table.set(check.key, reason === null, needed, this.#clock.now())
      if (changed) {
        this.#report(check, reason)
        this.#onChange?.(check, reason === null)
      }
      member.dueAt = started + (this.#table.isUp(check.key) ? options.intervalMs : options.unhealthyIntervalMs)
    }
    group.busy = false
  }

  async #check(check: HealthCheck): Promise<string | null> {
    const cx = new CheckContext(this.#clock.now())
    const cancel = this.#clock.after(check.options.timeoutMs, () => cx.abort())
    const reason = await check.run(cx)
    cancel()
    cx.end({ status: 0, size: 0, requestSize: 0, aborted: cx.aborted })
    return reason
  }

  #isKnown(key: string): boolean {
    for (const { members } of this.#services.values())
      for (const { check } of members) if (check.key === key) return true
    return false
  }

  #report({ service, serverUrl }: HealthCheck, reason: string | null): void {
    const fields = { service, server: serverUrl }
    if (reason === null) this.#log.log('info', 'Health check passed, server is up', fields)
    else this.#log.log('warn', `Health check failed: ${reason}`, fields)
  }
}

interface Group {
  readonly members: Member[]
  busy: boolean
}

/** What a check found. */
interface Finding {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Null: the server is well. */
  readonly reason: string | null
}

export interface CheckResult extends Finding {
  readonly check: HealthCheck
}

interface Member {
  readonly check: HealthCheck
  dueAt: number
  last: Finding | null
}
