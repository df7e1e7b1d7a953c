import { Checker } from './checker.ts'
import type { WorkerEnv } from './env.ts'
import type { Isolate } from './isolate.ts'
import { reportOf } from './state/health-state.ts'

/** What the scheduled handler does: takes the newest plan over and has its servers checked. */
export class ScheduledRuns {
  readonly #isolate: Isolate
  readonly #env: WorkerEnv
  /** Of runs that check what is due. */
  #kept: Checker | null = null

  constructor(isolate: Isolate, env: WorkerEnv) {
    this.#isolate = isolate
    this.#env = env
  }

  async run(execution: ExecutionContext): Promise<void> {
    const isolate = this.#isolate
    await isolate.load(execution)
    const { health, snapshot } = isolate
    const kv = this.#env.SIGNALBOX_KV
    if (health === null || snapshot === null || kv === undefined) return
    const onlyDue = this.#env.SIGNALBOX_HEALTH_CHECKS === 'due'
    // The object checks, and tells everybody.
    if (!onlyDue && (await health.ask())) return
    // Runs come a minute apart and in different isolates, so each one starts afresh and checks everything.
    const checker = (onlyDue ? this.#kept : null) ?? new Checker(isolate.table, isolate.log)
    if (onlyDue) this.#kept = checker
    isolate.checked = () => checker.states()
    await checker.run(snapshot.checks, !onlyDue)
    await health.publish(kv, reportOf(isolate.table))
  }
}

let runs: ScheduledRuns | null = null

/** A run of the isolate that there is. */
export function runOf(isolate: Isolate, env: WorkerEnv, execution: ExecutionContext): Promise<void> {
  runs ??= new ScheduledRuns(isolate, env)
  return runs.run(execution)
}
