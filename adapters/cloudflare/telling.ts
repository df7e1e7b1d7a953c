import type { ProblemCount } from '../../src/plan/worker-status.ts'
import { VERSION } from '../../src/version.ts'
import type { Execution, Isolate, Serving } from './isolate.ts'
import type { SignalboxState } from './state/state-object.ts'
import { locationIn, MOST_PROBLEMS, PROBLEM_LIMIT, STATUS_OBJECT, type Told } from './state/told.ts'
import { within } from './within.ts'

/** Time between two tellings while nothing changes, in ms. */
const PERIOD_MS = 60_000

/** An object that does not answer in this time, in ms, does not answer. */
const LIMIT_MS = 3_000

/**
 * What an isolate tells the object for the status: how it stands, with the first look after it has taken something over
 * and once a minute, and what went wrong meanwhile. No request waits for it. Loaded where an object is bound.
 */
export class Telling {
  readonly #objects: DurableObjectNamespace<SignalboxState>
  readonly #isolate: Pick<Isolate, 'network' | 'served'>
  readonly #name = crypto.randomUUID()
  /** What was served when it told last; undefined: it has not yet. */
  #told: Serving | null | undefined
  #dueAt = 0
  #problems = new Map<string, ProblemCount>()

  constructor(objects: DurableObjectNamespace<SignalboxState>, isolate: Pick<Isolate, 'network' | 'served'>) {
    this.#objects = objects
    this.#isolate = isolate
  }

  /** Something went wrong. */
  count(problem: string): void {
    const text = problem.slice(0, PROBLEM_LIMIT)
    const known = this.#problems.get(text)
    if (known === undefined && this.#problems.size >= MOST_PROBLEMS) return
    const now = Date.now()
    this.#problems.set(text, { text, count: (known?.count ?? 0) + 1, first: known?.first ?? now, last: now })
  }

  /** Tells if it is time to. */
  soon(execution: Execution): void {
    const now = Date.now()
    const { served } = this.#isolate
    if (now < this.#dueAt && served === this.#told) return
    this.#dueAt = now + PERIOD_MS
    this.#told = served
    execution.waitUntil(this.#tell(served))
  }

  async #tell(served: Serving | null): Promise<void> {
    const problems = this.#problems
    this.#problems = new Map()
    const told: Told = {
      isolate: this.#name,
      location: locationIn(this.#isolate.network),
      revision: served?.head.revision ?? null,
      from: served?.from ?? '',
      since: served?.since ?? 0,
      version: VERSION,
      problems: [...problems.values()],
    }
    try {
      const stub = this.#objects.get(this.#objects.idFromName(STATUS_OBJECT))
      await within(LIMIT_MS, stub.tell(told), 'the shared state')
    } catch {
      // It may not answer, or run older code; `edge status` says so. All is told the next time, with what came since.
      this.#problems = new Map([...problems, ...this.#problems])
    }
  }
}
