import { HealthTable } from '../../../src/engine/health/table.ts'
import { Checker, type CheckState } from '../checker.ts'
import type { WorkerEnv } from '../env.ts'
import { Isolate } from '../isolate.ts'
import { HEALTH_OBJECT } from './health-name.ts'
import { HealthSeal } from './health-seal.ts'
import { type HealthReport, HealthState, NOTHING, reportOf, saysTheSame } from './health-state.ts'

/** Time between two runs in ms, at least, and at most, so that the checks of a new plan begin soon. */
const SHORTEST_MS = 1_000
const LONGEST_MS = 60_000

/** An alarm that is so much too late, in ms, has got lost. */
const PATIENCE_MS = 60_000

/**
 * The checks of the published plan, run by the alarm of one Durable Object for all isolates. They begin when an isolate
 * whose plan has checks first asks, and end when no plan has any. An object that was evicted goes on where it was.
 */
export class HealthObject {
  readonly #context: DurableObjectState
  readonly #env: WorkerEnv
  readonly #isolate: Isolate
  readonly #checker: Checker
  readonly #state: HealthState
  #report: HealthReport
  /** When the next run begins, or the one under way has begun. */
  #dueAt = Number.NEGATIVE_INFINITY
  /** What was due before this object came back is not known. */
  #isFirst = true

  constructor(context: DurableObjectState, env: WorkerEnv) {
    this.#context = context
    this.#env = env
    this.#isolate = new Isolate(env, 'plan')
    const { log } = this.#isolate
    const table = new HealthTable()
    this.#isolate.watch(table)
    this.#report = context.storage.kv.get<HealthReport>(HEALTH_OBJECT) ?? NOTHING
    table.replace(this.#report.down, this.#report.streaks)
    this.#checker = new Checker(table, log)
    const seal = new HealthSeal(env.SIGNALBOX_HEALTH_SECRET ?? '', env.SIGNALBOX_AUDIENCE ?? '')
    this.#state = new HealthState(table, null, seal, { ...this.#report, streaks: {} })
  }

  /** What the last run found. Whoever asks has a plan with checks, so runs begin unless they are under way. */
  async report(): Promise<HealthReport> {
    const now = Date.now()
    if (now - this.#dueAt > PATIENCE_MS) {
      this.#dueAt = now
      const { storage } = this.#context
      if (storage.kv.get(HEALTH_OBJECT) === undefined) storage.kv.put(HEALTH_OBJECT, this.#report)
      if ((await storage.getAlarm()) === null) await storage.setAlarm(now)
    }
    return this.#report
  }

  /** What the last check of each server found. */
  states(): readonly CheckState[] {
    return this.#checker.states()
  }

  async alarm(): Promise<void> {
    this.#dueAt = Date.now()
    try {
      await this.#run()
    } finally {
      await this.#rest()
    }
  }

  async #run(): Promise<void> {
    const isolate = this.#isolate
    await isolate.refresh(this.#context)
    const checks = isolate.snapshot?.checks ?? []
    if (checks.length === 0) return
    const before = this.#report
    await this.#checker.run(checks, this.#isFirst)
    this.#isFirst = false
    this.#report = reportOf(isolate.table)
    if (!saysTheSame(before, this.#report)) this.#context.storage.kv.put(HEALTH_OBJECT, this.#report)
    await this.#publish()
  }

  /** Isolates that have just started begin with what is in KV. */
  async #publish(): Promise<void> {
    const kv = this.#env.SIGNALBOX_KV
    if (kv === undefined) return
    try {
      await this.#state.publish(kv, { ...this.#report, streaks: {} })
    } catch (error) {
      this.#isolate.log.log('warn', 'State of health could not be written', { cause: String(error) })
    }
  }

  /** Until the next run; without checks until somebody asks again. */
  async #rest(): Promise<void> {
    const { storage } = this.#context
    const { snapshot } = this.#isolate
    if (snapshot !== null && snapshot.checks.length > 0) {
      this.#dueAt = Date.now() + Math.max(SHORTEST_MS, Math.min(this.#checker.dueIn(), LONGEST_MS))
      return storage.setAlarm(this.#dueAt)
    }
    this.#dueAt = Number.NEGATIVE_INFINITY
    // A plan that could not be read may have checks: who is down stays known.
    if (snapshot === null) return
    this.#report = NOTHING
    this.#isFirst = true
    await storage.deleteAll()
  }
}
