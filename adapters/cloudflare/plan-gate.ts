import type { Reader } from '../../src/plan/signed-line.ts'
import type { GuidedPublication } from '../../src/plan/signed-plan.ts'
import { numberOf, type WorkerEnv } from './env.ts'
import { createReader, readPublication } from './plan-reading.ts'

/** Lets plans in that this worker may serve and can serve whole, wherever they come from. */
export class PlanGate {
  readonly audience: string
  readonly #env: WorkerEnv
  readonly #least: number
  readonly #revoked = new Set<number>()
  #reader: Promise<Reader> | null = null

  constructor(env: WorkerEnv) {
    this.#env = env
    this.audience = env.SIGNALBOX_AUDIENCE ?? ''
    this.#least = numberOf(env.SIGNALBOX_MIN_REVISION, 0)
  }

  /** Whom plans are believed. Rejects while the variable that says so can't be read. */
  reader(): Promise<Reader> {
    this.#reader ??= createReader(this.#env.SIGNALBOX_PUBLIC_KEYS ?? '', this.audience)
    return this.#reader
  }

  /** Rejects with what is wrong with it, as people read it. */
  async admit(value: Uint8Array): Promise<GuidedPublication> {
    return readPublication(value, await this.reader(), (revision) => this.closedTo(revision))
  }

  /** Why no plan of this revision may be served; null: it may. */
  closedTo(revision: number): string | null {
    if (this.#revoked.has(revision)) return `revision ${revision} has been revoked`
    return revision < this.#least ? `revision ${revision} is older than what is allowed (${this.#least})` : null
  }

  /** Adds a list of revoked revisions to what is known: nothing that has been revoked comes back. */
  async revoke(line: string): Promise<void> {
    const { openRevocations } = await import('../../src/plan/revoked.ts')
    for (const revision of (await openRevocations(line, await this.reader())).revisions) this.#revoked.add(revision)
  }
}
