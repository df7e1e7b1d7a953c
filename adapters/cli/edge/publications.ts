import { openDefinitions, restoreDefinitions } from '../../../src/plan/definitions.ts'
import { headLine } from '../../../src/plan/head-line.ts'
import { PLAN_API_KEY, PLAN_KEY } from '../../../src/plan/kv-keys.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { parseNotes } from '../../../src/plan/publication-notes.ts'
import { type Reader, readerFor, SignedValueError } from '../../../src/plan/signed-line.ts'
import { openPlan, openPlanHead, type PlanHead } from '../../../src/plan/signed-plan.ts'
import { EdgeError } from './edge-error.ts'
import type { KvNamespace } from './kv-namespace.ts'

/** Publications under keys of their own, and what only the management API shows of them. */
const HISTORY_PREFIX = 'plan:'
const HISTORY_API_PREFIX = 'plan-api:'

/** How long a publication can be brought back, in seconds: 30 days. */
export const HISTORY_TTL = 30 * 24 * 60 * 60

export const historyKey = (revision: number): string => `${HISTORY_PREFIX}${revision}`
export const historyApiKey = (revision: number): string => `${HISTORY_API_PREFIX}${revision}`

/** What stands under `plan`. */
export interface Live {
  readonly value: Uint8Array
  /** Its first line; empty: it has none. */
  readonly line: string
  /** Null: nobody whom the reader trusts has signed it, or it is for others. */
  readonly head: PlanHead | null
}

/** A publication of the last 30 days. */
export interface PastPublication {
  readonly revision: number
  /** Null as with `Live`. */
  readonly head: PlanHead | null
}

/** Publications in a namespace, as far as a reader believes them. */
export class Publications {
  readonly #kv: KvNamespace
  readonly #reader: Reader | null

  /** @param reader null: whoever has signed something is believed, which is good for messages only */
  constructor(kv: KvNamespace, reader: Reader | null) {
    this.#kv = kv
    this.#reader = reader
  }

  /** Null: nothing has been published. */
  async live(): Promise<Live | null> {
    const value = await this.#kv.get(PLAN_KEY)
    if (value === null) return null
    const line = headLine(value)
    return { value, line, head: await this.#headOf(line) }
  }

  /** Those that can be brought back, the newest first, with those whose push was interrupted. */
  async past(): Promise<readonly PastPublication[]> {
    const keys = await this.#kv.list(HISTORY_PREFIX)
    const all = keys.map(async ({ name, metadata }) => {
      const revision = Number(name.slice(HISTORY_PREFIX.length))
      const line = (metadata as { head?: unknown } | null)?.head
      const head = typeof line === 'string' ? await this.#headOf(line) : null
      return { revision, head: head?.revision === revision ? head : null }
    })
    return (await Promise.all(all))
      .filter(({ revision }) => Number.isSafeInteger(revision) && revision > 0)
      .sort((a, b) => b.revision - a.revision)
  }

  /** @throws EdgeError when it is not there or not believed */
  async planOf(revision: number): Promise<{ readonly head: PlanHead; readonly plan: Plan }> {
    const value = await this.#kv.get(historyKey(revision))
    if (value === null) throw new EdgeError(`revision ${revision} is not in ${this.#kv.title} (kept for 30 days)`)
    return this.#open(value, historyApiKey(revision))
  }

  /** @throws EdgeError when it is not believed */
  openLive({ value }: Live): Promise<{ readonly head: PlanHead; readonly plan: Plan }> {
    return this.#open(value, PLAN_API_KEY)
  }

  async #open(value: Uint8Array, apiKey: string): Promise<{ readonly head: PlanHead; readonly plan: Plan }> {
    try {
      const reader = this.#reader ?? (await readerFor(headLine(value)))
      const { head, plan } = await (await openPlan(value, reader)).publication()
      const shown = await this.#kv.get(apiKey)
      if (shown !== null) {
        // Without them the plan is the same, and less can be said of it.
        const definitions = await openDefinitions(shown, head.revision, reader).catch(unlessRefused)
        if (definitions !== null) restoreDefinitions(plan, definitions)
      }
      return { head, plan }
    } catch (error) {
      if (error instanceof SignedValueError) throw new EdgeError(`the stored plan is refused: ${error.message}`)
      throw error
    }
  }

  async #headOf(line: string): Promise<PlanHead | null> {
    try {
      return await openPlanHead(line, this.#reader ?? (await readerFor(line)))
    } catch (error) {
      return unlessRefused(error)
    }
  }
}

function unlessRefused(error: unknown): null {
  if (error instanceof SignedValueError) return null
  throw error
}

/** The plan that stands in KV, whoever has signed it: good for messages only. Null: there is none to be read. */
export async function planIn(kv: KvNamespace): Promise<Plan | null> {
  const publications = new Publications(kv, null)
  const live = await publications.live()
  return live === null || live.head === null ? null : (await publications.openLive(live)).plan
}

/**
 * The revision whose plan is to come back: the last one that was live before that of `live` and is not what a rollback
 * went away from, so that one rollback after the other goes further back.
 * @param passedOver those that must not come back
 * @returns null: there is none
 */
export function revisionBefore(
  live: PlanHead,
  past: readonly PastPublication[],
  passedOver: ReadonlySet<number>,
): number | null {
  const heads = new Map(past.map(({ revision, head }) => [revision, head]))
  heads.set(live.revision, live)
  const origin = live.rollbackOf ?? live.revision
  // Revisions grow: each step leads to a smaller one.
  for (let at = origin; ; ) {
    const from = fromOf(at, heads)
    if (from === null || from >= at) return null
    const of = heads.get(from)?.rollbackOf ?? from
    if (of !== origin && !passedOver.has(of)) return of
    at = Math.min(of, from)
  }
}

/** What was live before a revision: as it says itself, else the next smaller one. */
function fromOf(revision: number, heads: ReadonlyMap<number, PlanHead | null>): number | null {
  const notes = parseNotes(heads.get(revision)?.notes)
  if (notes !== null) return notes.from
  const smaller = [...heads.keys()].filter((other) => other < revision)
  return smaller.length === 0 ? null : Math.max(...smaller)
}
