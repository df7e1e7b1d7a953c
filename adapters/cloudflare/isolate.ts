import type { Logger, LogLevel } from '../../src/contracts/ports.ts'
import type { HealthTable } from '../../src/engine/health/table.ts'
import { headLine } from '../../src/plan/head-line.ts'
import { FLAGS_KEY, HEALTH_KEY } from '../../src/plan/kv-keys.ts'
import type { Reader } from '../../src/plan/signed-line.ts'
import type { PlanHead } from '../../src/plan/signed-plan.ts'
import type { Snapshot } from '../../src/runtime/snapshot.ts'
import type { CheckState } from './checker.ts'
import { numberOf, type WorkerEnv } from './env.ts'
import { endsWithin, PATIENCE_MS, reasonOf, sleep, WAIT_MS } from './limits.ts'
import { type Linked, LinkedPlans } from './linked-plans.ts'
import type { Kept } from './location-cache.ts'
import { Pace } from './pace.ts'
import { PlanGate } from './plan-gate.ts'
import { createLogger } from './ports.ts'
import type { FallbackName, Search } from './search.ts'
import type { HealthState } from './state/health-state.ts'
import { readStored } from './stored.ts'
import type { Telling } from './telling.ts'

/** The plan that an isolate serves. */
export interface Serving extends Linked {
  /** Where it comes from: KV, or what there was instead. */
  readonly from: 'kv' | FallbackName
  /** When it was taken over, in milliseconds since 1970. */
  readonly since: number
}

/** What KV answers later than that is still taken over, but not after this time, in ms. */
const LATEST_MS = 10_000

/** A look that has not ended for so long, in ms, keeps nobody from another one. */
const AGAIN_MS = 500

/** The cache of the location is written so much later, in ms: whoever waited for the plan is served first. */
const KEEP_AFTER_MS = 100

/** Problems that have been said and are not said again until all is well. */
const MOST_SAID = 20

/** What comes of a look; `refused`: there is something, or nothing, that can't be served. */
export type Outcome = 'fine' | 'refused' | 'failed'

/** What tells of an end that must be waited for: of a request, or of an object. */
export type Execution = Pick<ExecutionContext, 'waitUntil'>

/**
 * What one isolate knows: the plan it serves, who is down and what is switched by hand. It looks into KV when the first
 * request comes and again, behind the back of requests, when what it has is old. What can't be read or is refused
 * changes nothing: the last good plan stays. Where there is none yet, requests wait a little, and there are other places
 * to take one from (`search.ts`).
 */
export class Isolate {
  readonly log: Logger
  /** Null while no check is in force. */
  health: HealthState | null = null
  /** Whom it believes. Rejects while the variable that says so can't be read. */
  readonly reader: () => Promise<Reader>
  /** What it has found where it checks servers itself; null: it does not. */
  checked: (() => readonly CheckState[]) | null = null
  /** What the network says of a request here: the place is the same for all. Undefined while there was none. */
  network: unknown
  readonly #env: WorkerEnv
  readonly #interest: 'all' | 'plan'
  readonly #gate: PlanGate
  readonly #plans: LinkedPlans
  readonly #pace: Pace
  #serving: Serving | null = null
  /** Head of the value in KV that is served; empty: what is served is not from there. */
  #known = ''
  #flags = ''
  /** When the flags in force were signed. */
  #flaggedAt = Number.NEGATIVE_INFINITY
  #revoked = ''
  /** The look under way that began last. */
  #looking: { readonly ended: Promise<Outcome>; readonly at: number } | null = null
  #search: Promise<Search> | null = null
  /** Null where nobody keeps what isolates tell. */
  #telling: Telling | null = null
  readonly #said = new Set<string>()
  #lastProblem = ''

  /** @param interest `plan`: neither what others found nor what is switched by hand */
  constructor(env: WorkerEnv, interest: 'all' | 'plan' = 'all') {
    this.#env = env
    this.#interest = interest
    const { SIGNALBOX_STATE: objects, SIGNALBOX_LOG_LEVEL: level = 'info' } = env
    this.log = createLogger(level, (problem) => this.#telling?.count(problem))
    if (objects !== undefined && interest === 'all') this.#loadTelling(objects)
    this.#gate = new PlanGate(env)
    this.reader = () => this.#gate.reader()
    this.#plans = new LinkedPlans(env, this.#gate, this.log)
    this.#pace = new Pace(numberOf(env.SIGNALBOX_REFRESH_MS, 30_000))
  }

  /** Who is down; there once a plan with checks has been taken over. */
  get table(): HealthTable {
    return this.#plans.table!
  }

  /** Goes by this table, before there is a plan. */
  watch(table: HealthTable): void {
    this.#plans.watch(table)
  }

  /** Null: nothing. */
  get served(): Serving | null {
    return this.#serving
  }

  /** Null until a plan has been taken over. */
  get snapshot(): Snapshot | null {
    return this.#serving?.snapshot ?? null
  }

  /** What to serve now; null when there is nothing good anywhere. Waits only where there is nothing yet. */
  serving(execution: Execution): Serving | null | Promise<Serving | null> {
    if (this.#serving === null) return this.#arrival(execution)
    this.refresh(execution)
    this.health?.askSoon(execution)
    return this.#serving
  }

  /** Looks into KV if what is known is old; null where it isn't. */
  refresh(execution: Execution): Promise<Outcome> | null {
    return this.#pace.isDue(Date.now()) ? this.load(execution) : null
  }

  /** Looks into KV. Never rejects, and resolves in bounded time. */
  load(execution: Execution): Promise<Outcome> {
    const now = Date.now()
    // Of a look that hangs, or whose request was cancelled, nobody can tell whether it will ever end.
    if (this.#looking !== null && now - this.#looking.at < AGAIN_MS) return this.#looking.ended
    const looking = { ended: this.#boundedLook(execution), at: now }
    this.#looking = looking
    return looking.ended.finally(() => {
      if (this.#looking === looking) this.#looking = null
    })
  }

  async #boundedLook(execution: Execution): Promise<Outcome> {
    this.#pace.looked(Date.now())
    const look = this.#look(execution).catch((error: unknown): Outcome => {
      this.#note(reasonOf(error))
      return 'failed'
    })
    const judged = look.then((outcome) => {
      if (outcome === 'fine') this.#pace.succeeded()
      else this.#pace.failed(Date.now())
      this.health?.askSoon(execution)
      return outcome
    })
    // Others may wait for it, so it goes on when this request's client leaves.
    execution.waitUntil(endsWithin(LATEST_MS, judged))
    const hasEnded = await endsWithin(PATIENCE_MS, judged)
    if (!hasEnded) {
      this.#pace.failed(Date.now())
      this.#note(`KV has not answered within ${PATIENCE_MS} ms`)
    }
    this.#telling?.soon(execution)
    return hasEnded ? judged : 'failed'
  }

  async #look(execution: Execution): Promise<Outcome> {
    const kv = this.#env.SIGNALBOX_KV
    if (kv === undefined) throw new Error('there is no KV binding SIGNALBOX_KV')
    const keys = this.#keysOfInterest()
    const together = this.#pace.failures % 2 === 0
    const { plan, revoked, flags, health } = await readStored(kv, { known: this.#known, keys, together })
    if (revoked !== null) await this.#takeRevocations(revoked, execution)
    // Before a plan that they are about serves its first request.
    if (flags !== null) await this.#takeFlags(flags)
    const outcome = plan === undefined ? 'fine' : await this.#takeStored(plan, execution)
    // A plan that is refused keeps nothing else away.
    if (keys.includes(HEALTH_KEY)) await this.health?.adopt(health)
    // What was served has just been revoked.
    if (this.#serving === null && plan === undefined) await (await this.#searching()).fallBack()
    return outcome
  }

  #keysOfInterest(): (typeof FLAGS_KEY | typeof HEALTH_KEY)[] {
    if (this.#interest === 'plan') return []
    // Who has no plan yet does not know whether it has checks.
    const needsHealth = this.#serving === null || (this.health?.needsKv() ?? false)
    return needsHealth ? [FLAGS_KEY, HEALTH_KEY] : [FLAGS_KEY]
  }

  /** Flags that are missing where there were some take nothing back: commands write that nothing is switched. */
  async #takeFlags(line: string): Promise<void> {
    if (line === this.#flags) return
    this.#flags = line
    const { takeFlags } = await import('./flags.ts')
    this.#flaggedAt = await takeFlags(line, this.reader, this.#flaggedAt, this.#plans.host.operator, this.log)
  }

  async #takeRevocations(line: string, execution: Execution | null): Promise<void> {
    if (line === this.#revoked) return
    this.#revoked = line
    try {
      await this.#gate.revoke(line)
    } catch (error) {
      return this.log.log('error', 'List of revoked revisions not taken over', { cause: reasonOf(error) })
    }
    execution?.waitUntil(this.#keep('revoked', line))
    const closed = this.#serving === null ? null : this.#gate.closedTo(this.#serving.head.revision)
    if (closed === null) return
    this.log.log('warn', `Configuration no longer served: ${closed}`)
    this.#serving = null
    this.#known = ''
  }

  async #takeStored(value: Uint8Array | null, execution: Execution): Promise<Outcome> {
    if (value === null) {
      this.#note('nothing has been published', 'info')
      return 'refused'
    }
    if (this.#known !== '' && headLine(value) === this.#known) return 'fine'
    try {
      await this.#take(value, 'kv')
    } catch (error) {
      this.#note(reasonOf(error))
      return 'refused'
    }
    if (this.#interest === 'all') execution.waitUntil(this.#keep('plan', value))
    return 'fine'
  }

  /** @throws the reason for which it is not taken over */
  async #take(value: Uint8Array, from: Serving['from']): Promise<void> {
    const publication = await this.#gate.admit(value)
    const { head } = publication
    this.#checkOrder(head, from)
    const put = await this.#plans.prepare(publication)
    // Others may have been quicker.
    this.#checkOrder(head, from)
    this.#serving = { ...put(), from, since: Date.now() }
    this.#known = from === 'kv' ? headLine(value) : ''
    const { revision } = head
    if (from === 'kv') this.log.log('info', 'Configuration loaded', { revision })
    else this.log.log('warn', 'Configuration loaded from elsewhere', { revision, from, why: this.#lastProblem })
    this.#said.clear()
    await this.#followHealth(this.#serving.snapshot.checks.length > 0)
  }

  /** Nothing goes back to an earlier revision, or to another plan of the same one. */
  #checkOrder({ revision }: PlanHead, from: Serving['from']): void {
    if (this.#serving === null) return
    const served = this.#serving.head.revision
    const isSame = revision === served && from === 'kv' && this.#serving.from !== 'kv'
    if (revision > served || isSame) return
    throw new Error(`revision ${revision} is older than what is served (${served})`)
  }

  async #followHealth(hasChecks: boolean): Promise<void> {
    if (!hasChecks || this.#interest === 'plan') {
      this.health = null
      return
    }
    if (this.health !== null) return
    const { healthOf } = await import('./state/health-of.ts')
    this.health ??= healthOf(this.#env, this.table, this.#gate.audience, this.log)
  }

  /** Waits for something to serve: most of the time one look into KV. */
  async #arrival(execution: Execution): Promise<Serving | null> {
    const until = Date.now() + WAIT_MS
    const first = this.load(execution)
    const hasEnded = await endsWithin(AGAIN_MS, first)
    return this.#serving ?? (await this.#searching()).arrival(execution, until, first, hasEnded)
  }

  #searching(): Promise<Search> {
    this.#search ??= import('./search.ts').then(
      ({ Search }) =>
        new Search({
          kv: this.#env.SIGNALBOX_KV,
          audience: this.#gate.audience,
          served: () => this.#serving,
          load: (execution) => this.load(execution),
          take: (value, from) => this.#take(value, from),
          takeRevocations: (line) => this.#takeRevocations(line, null),
          note: (problem) => this.#note(problem),
        }),
    )
    return this.#search
  }

  #loadTelling(objects: NonNullable<WorkerEnv['SIGNALBOX_STATE']>): void {
    void import('./telling.ts').then(({ Telling }) => {
      this.#telling = new Telling(objects, this)
    })
  }

  async #keep(what: Kept, value: Uint8Array | string): Promise<void> {
    await sleep(KEEP_AFTER_MS)
    const { keepOrTell } = await import('./location-cache.ts')
    await keepOrTell(what, this.#gate.audience, value, this.log)
  }

  /** One line for each new problem, not one for each look. */
  #note(problem: string, level: LogLevel = 'error'): void {
    this.#lastProblem = problem
    const message = `Configuration not taken over: ${problem}`
    if (this.#said.has(problem) || this.#said.size >= MOST_SAID) {
      if (level !== 'info') this.#telling?.count(message)
      return
    }
    this.#said.add(problem)
    this.log.log(level, message, { serving: this.#serving?.head.revision ?? null })
  }
}
