import { PLAN_PREVIOUS_KEY } from '../../src/plan/kv-keys.ts'
import { bundledPlan } from './bundled.ts'
import type { Execution, Outcome, Serving } from './isolate.ts'
import { endsWithin, PATIENCE_MS, reasonOf, sleep } from './limits.ts'
import { readKept } from './location-cache.ts'
import { RETRY_MS } from './pace.ts'
import { readValue } from './stored.ts'
import { within } from './within.ts'

/**
 * Where there may be a plan when the one in KV can't be served, in the order in which they are tried: what was published
 * before, what an isolate of this location has served, and what was deployed with the worker.
 */
export type FallbackName = 'plan-previous' | 'cache' | 'bundle'

/** The isolate that searches. */
export interface Searching {
  readonly kv: KVNamespace | undefined
  readonly audience: string
  /** What is served by now. */
  served(): Serving | null
  /** Looks into KV. */
  load(execution: Execution): Promise<Outcome>
  /** Rejects with the reason for which a plan can't be served. */
  take(value: Uint8Array, from: FallbackName): Promise<void>
  takeRevocations(line: string): Promise<void>
  note(problem: string): void
}

/** Time for a plan from elsewhere in KV, in ms. */
const READ_MS = 400

/** The search has brought nothing from KV for so long, in ms: time for something to fall back to. */
const FALL_BACK_MS = 300

/** What was begun for an earlier request has not ended for so long, in ms: time for another look. */
const AGAIN_MS = 500

/** Where there was nothing it is not looked again for so long, in ms: many requests may come. */
const NOTHING_MS = 1_000

/** What is begun at most in `PATIENCE_MS`. */
const MOST_RUNS = 6

/** How an isolate comes to something to serve when its first look into KV has brought nothing. */
export class Search {
  readonly #isolate: Searching
  #runs: readonly { readonly ended: Promise<void>; readonly at: number }[] = []
  #hasRun = false
  #foundNothingAt = Number.NEGATIVE_INFINITY

  constructor(isolate: Searching) {
    this.#isolate = isolate
  }

  /**
   * Waits for something to serve; null: there is nothing.
   * @param until when nobody waits any longer, in milliseconds since 1970
   * @param first the look that has brought nothing so far, and whether it has ended
   */
  async arrival(
    execution: Execution,
    until: number,
    first: Promise<Outcome>,
    hasFirstEnded: boolean,
  ): Promise<Serving | null> {
    // What hangs keeps nobody from trying again; what fails at once ends nothing that goes on.
    const own = this.#run(execution, hasFirstEnded ? first : null)
    const orOwn = (other: Promise<unknown>) => other.then(() => (this.#isolate.served() === null ? own : undefined))
    const late = orOwn(first)
    for (;;) {
      const next = Promise.race([own, late, orOwn(this.#run(execution, null))])
      const hasEnded = await endsWithin(Math.min(AGAIN_MS, until - Date.now()), next)
      const served = this.#isolate.served()
      if (served !== null || hasEnded || Date.now() >= until) return served
    }
  }

  /** Takes the first plan over that there is elsewhere. Never rejects. */
  async fallBack(): Promise<void> {
    if (Date.now() - this.#foundNothingAt < NOTHING_MS) return
    const { kv, audience } = this.#isolate
    await this.#try('cache', async () => {
      const revoked = await readKept('revoked', audience)
      if (revoked !== null) await this.#isolate.takeRevocations(new TextDecoder().decode(revoked))
    })
    const places: readonly (readonly [FallbackName, () => Promise<Uint8Array | null>])[] = [
      ['plan-previous', async () => (kv === undefined ? null : readValue(kv, PLAN_PREVIOUS_KEY))],
      ['cache', () => readKept('plan', audience)],
      ['bundle', bundledPlan],
    ]
    for (const [name, read] of places) {
      await this.#try(name, async () => {
        const value = await within(READ_MS, read(), name)
        if (value !== null && this.#isolate.served() === null) await this.#isolate.take(value, name)
      })
      // KV may have answered after all.
      if (this.#isolate.served() !== null) return
    }
    this.#foundNothingAt = Date.now()
  }

  async #try(name: FallbackName, step: () => Promise<void>): Promise<void> {
    try {
      await step()
    } catch (error) {
      this.#isolate.note(`${name}: ${reasonOf(error)}`)
    }
  }

  /** Begins to search, unless somebody has just begun: of what hangs nobody can tell whether it will end. */
  #run(execution: Execution, look: Promise<Outcome> | null): Promise<void> {
    const now = Date.now()
    this.#runs = this.#runs.filter(({ at }) => now - at < PATIENCE_MS)
    const last = this.#runs.at(-1)
    if (last !== undefined && (now - last.at < AGAIN_MS || this.#runs.length >= MOST_RUNS)) return last.ended
    const run = { ended: this.#search(execution, look, this.#hasRun ? [] : RETRY_MS), at: now }
    this.#hasRun = true
    this.#runs = [...this.#runs, run]
    execution.waitUntil(run.ended)
    return run.ended.finally(() => {
      this.#runs = this.#runs.filter((one) => one !== run)
    })
  }

  async #search(execution: Execution, look: Promise<Outcome> | null, pauses: readonly number[]): Promise<void> {
    const looking = this.#lookAgain(execution, look, pauses)
    execution.waitUntil(looking)
    await endsWithin(FALL_BACK_MS, looking)
    if (this.#isolate.served() === null) await this.fallBack()
    if (this.#isolate.served() === null) await looking
  }

  async #lookAgain(execution: Execution, look: Promise<Outcome> | null, pauses: readonly number[]): Promise<void> {
    let outcome = await (look ?? this.#isolate.load(execution))
    for (const ms of pauses) {
      // What is there and bad will not be good in a moment.
      if (outcome !== 'failed' || this.#isolate.served() !== null) return
      await sleep(ms)
      outcome = await this.#isolate.load(execution)
    }
  }
}
