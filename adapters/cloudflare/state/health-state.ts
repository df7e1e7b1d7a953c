import type { HealthTable, Streaks } from '../../../src/engine/health/table.ts'
import { HEALTH_KEY } from '../../../src/plan/kv-keys.ts'
import { isRecord } from '../../../src/plan/signed-line.ts'
import { runtimeClock } from '../../web/clock.ts'
import { within } from '../within.ts'
import { HEALTH_OBJECT } from './health-name.ts'
import type { HealthSeal } from './health-seal.ts'
import type { SignalboxState } from './state-object.ts'

/** A state nobody renews is forgotten after this time, so that servers don't stay down when nobody checks any more. */
const TTL_SECONDS = 600

/** Time between two questions to the object that checks, in ms. */
const ASK_MS = 2_000

/** An object that does not answer in this time, in ms, does not answer: nobody waits but those behind requests. */
const ASK_LIMIT_MS = 3_000

/** By how much the clock of whoever checks may be ahead, in ms. */
const CLOCKS_APART_MS = 5 * 60_000

/** For so long, in ms, what the object said makes what is in KV old. */
const HEARD_MS = 30_000

/** What somebody who checks servers has found. */
export interface HealthReport {
  /** Milliseconds since 1970. */
  readonly checkedAt: number
  /** Keys of checks whose servers are down. */
  readonly down: readonly string[]
  /** Results in a row against the state, by key: the next run may be somewhere else. */
  readonly streaks: Streaks
}

/** Before anybody has checked. */
export const NOTHING: HealthReport = { checkedAt: 0, down: [], streaks: {} }

/** What a table says after a run. */
export const reportOf = (table: HealthTable): HealthReport => ({
  checkedAt: Date.now(),
  down: table.down(),
  streaks: table.streaks(),
})

/**
 * How the health table of an isolate hears of what others find: through KV, which scheduled runs write, and from the
 * object that checks, where one is bound. Loaded where a plan has checks.
 */
export class HealthState {
  readonly #table: HealthTable
  readonly #objects: DurableObjectNamespace<SignalboxState> | null
  readonly #seal: HealthSeal
  #seen: HealthReport
  #askedAt = Number.NEGATIVE_INFINITY
  /** When the object last answered: that nothing is in KV says nothing any more. */
  #heardAt = Number.NEGATIVE_INFINITY

  /** @param seen what the table says already */
  constructor(
    table: HealthTable,
    objects: DurableObjectNamespace<SignalboxState> | null,
    seal: HealthSeal,
    seen = NOTHING,
  ) {
    this.#table = table
    this.#objects = objects
    this.#seal = seal
    this.#seen = seen
  }

  /** Takes over what is in KV, unless something newer is known. A missing value: all are up. */
  async adopt(text: string | null): Promise<void> {
    if (text !== null) this.#take(asReport(await this.#seal.open(text)))
    else if (this.#heardAt === Number.NEGATIVE_INFINITY)
      this.#take({ checkedAt: this.#seen.checkedAt + 1, down: [], streaks: {} })
  }

  /** Whether KV may say something that the object has not said. */
  needsKv(): boolean {
    return Date.now() - this.#heardAt > HEARD_MS
  }

  /** Asks the object behind the back of a request, now and then. */
  askSoon(execution: Pick<ExecutionContext, 'waitUntil'>): void {
    const now = Date.now()
    if (this.#objects === null || now - this.#askedAt < ASK_MS) return
    execution.waitUntil(this.ask())
  }

  /** Takes over what the object says, which also keeps it checking; false: there is none or it can't be reached. */
  async ask(): Promise<boolean> {
    if (this.#objects === null) return false
    this.#askedAt = Date.now()
    try {
      const stub = this.#objects.get(this.#objects.idFromName(HEALTH_OBJECT))
      // An object may run other code than this worker.
      const report = asReport(await within(ASK_LIMIT_MS, stub.health(), 'the shared state'))
      if (report === null) return false
      if (report.checkedAt > 0) this.#heardAt = Date.now()
      this.#take(report)
      return true
    } catch {
      // It will be asked again; until then what is known stays, and scheduled runs check by themselves.
      return false
    }
  }

  /** Writes what a run found into KV, if that is news or what is stored would expire. */
  async publish(kv: KVNamespace, found: HealthReport): Promise<void> {
    const hasContent = found.down.length > 0 || Object.keys(found.streaks).length > 0
    const expires = hasContent && found.checkedAt - this.#seen.checkedAt > TTL_SECONDS * 500
    if (saysTheSame(found, this.#seen) && !expires) return
    this.#seen = found
    await kv.put(HEALTH_KEY, await this.#seal.seal(found), { expirationTtl: TTL_SECONDS })
  }

  #take(found: HealthReport | null): void {
    if (found === null || found.checkedAt <= this.#seen.checkedAt) return
    const before = this.#seen
    this.#seen = found
    // Who has just started knows that servers are up or down, but not since when.
    const now = before.checkedAt === 0 ? null : runtimeClock.now()
    if (!saysTheSame(before, found)) this.#table.replace(found.down, found.streaks, now)
  }
}

/** Null: it is none, or one of the future, after which nothing else would count. */
function asReport(value: unknown): HealthReport | null {
  if (!isRecord(value)) return null
  const { checkedAt, down, streaks = {} } = value
  if (typeof checkedAt !== 'number' || !(checkedAt <= Date.now() + CLOCKS_APART_MS)) return null
  if (!Array.isArray(down) || !down.every((key) => typeof key === 'string') || !isStreaks(streaks)) return null
  return { checkedAt, down, streaks }
}

const isStreaks = (value: unknown): value is Streaks =>
  isRecord(value) && Object.values(value).every((streak) => typeof streak === 'number' && streak > 0)

/** Leaves aside when it was found. */
export function saysTheSame(a: HealthReport, b: HealthReport): boolean {
  const [before, after] = [Object.entries(a.streaks), Object.entries(b.streaks)]
  return (
    a.down.length === b.down.length &&
    a.down.every((key) => b.down.includes(key)) &&
    before.length === after.length &&
    before.every(([key, streak]) => b.streaks[key] === streak)
  )
}
