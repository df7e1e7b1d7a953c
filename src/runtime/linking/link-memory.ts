import type { HealthCheck } from '../../contracts/health-check.ts'
import { ConfigError, type Service } from '../../contracts/kinds.ts'
import type { Observer } from '../../contracts/observer.ts'
import type { Plan, RouterPlan, ServicePlan } from '../../plan/plan.ts'
import type { ServerName } from '../operator.ts'
import type { RuntimeReport } from '../report.ts'
import type { Route } from '../routing/route-table.ts'
import type { Closable } from '../usage-pool.ts'
import type { Made, Need, Trace } from './trace.ts'

/** A router or a service as it was linked, with all that it was made of. */
export class Linked<P, T> implements Closable {
  readonly plan: P
  readonly made: T
  readonly services: readonly Service[]
  readonly needs: readonly Need[]
  readonly checks: readonly HealthCheck[]
  readonly servers: readonly ServerName[]
  readonly handlers: number
  readonly #opened: readonly Closable[]
  #snapshots = 0

  /** Takes over what was opened. */
  constructor(plan: P, made: T, trace: Trace) {
    this.plan = plan
    this.made = made
    this.services = compact(trace.services)
    this.needs = compact(trace.needs)
    this.checks = compact(trace.checks)
    this.servers = compact(trace.servers)
    this.handlers = trace.handlers
    this.#opened = compact(trace.opened.splice(0))
  }

  /** One more snapshot has it; each of them closes it. */
  hold(): this {
    this.#snapshots++
    return this
  }

  close(): void {
    if (--this.#snapshots === 0) for (const item of this.#opened) item.close()
  }
}

const NOTHING: readonly never[] = []

/** A list without the room that it has left to grow: there are tens of thousands, most of them of nothing or of one. */
const compact = <T>(list: readonly T[]): readonly T[] => (list.length === 0 ? NOTHING : list.slice())

interface Kept {
  readonly routers: Linked<RouterPlan, Route>
  readonly services: Linked<ServicePlan, Service>
}

/** What linking makes of a router and of a service. */
export interface Remembered {
  readonly routers: Route | null
  readonly services: Service
}

type All = { readonly [K in keyof Kept]: Map<string, Kept[K]> }

const nothingKept = (): All => ({ routers: new Map(), services: new Map() })

/** What is being linked, as its memory sees it. */
export interface Linking {
  readonly plan: Plan
  readonly report: RuntimeReport
  /** Links a service, once. Throws `ConfigError`. */
  shared(name: string): Service
  /** Builds something of which it is noted what it asks for. */
  traced<T>(build: (trace: Trace) => T): T
  /** Adds what was linked before to what the snapshot has. */
  takeOver(handlers: number, made: Made): void
}

/**
 * What the last snapshot is made of, for the next one: a router or a service of which nothing has changed, and in which
 * nothing counts or remembers, is the same object again. Kept by who links again and again, for the same ports.
 */
export class LinkMemory {
  #observer: Observer | null = null
  #before = nothingKept()
  #now = nothingKept()

  /** Another plan is linked. @param observer is part of all handlers */
  begin(observer: Observer | null): void {
    this.#before = observer === this.#observer ? this.#now : nothingKept()
    this.#now = nothingKept()
    this.#observer = observer
  }

  /** A router or a service: that of the last snapshot, or one that is built. */
  linked<K extends keyof Remembered>(
    kind: K,
    name: string,
    linking: Linking,
    build: (trace: Trace) => Remembered[K],
  ): Remembered[K] {
    const known = this.#again(kind, name, linking)
    if (known !== null) {
      linking.takeOver(known.handlers, { checks: known.checks, servers: known.servers, opened: [known.hold()] })
      return known.made as Remembered[K]
    }
    return linking.traced((trace) => {
      const made = build(trace)
      const kept = made === null ? null : this.#keep(kind, name, made as Kept[K]['made'], trace, linking)
      if (kept !== null) linking.takeOver(0, { checks: [], servers: [], opened: [kept] })
      return made
    })
  }

  /** What was linked for the last snapshot, if linking would come to the same. */
  #again<K extends keyof Kept>(kind: K, name: string, linking: Linking): Kept[K] | null {
    const known = this.#before[kind].get(name)
    if (known === undefined || known.plan !== linking.plan[kind][name]) return null
    for (const need of known.needs) if (linking.plan[need.kind][need.name] !== need.plan) return null
    for (const service of known.services) if (!isStill(service, linking)) return null
    for (const need of known.needs) {
      if (need.kind === 'middlewares') linking.report.middlewares.get(need.name)!.built = true
    }
    const report = kind === 'services' ? linking.report.services.get(name) : undefined
    if (report !== undefined) {
      report.built = true
      report.service = (known as Kept['services']).made
    }
    this.#now[kind].set(name, known)
    return known
  }

  /** Keeps what was made, unless something counts in it or is to be said of it: null. */
  #keep<K extends keyof Kept>(
    kind: K,
    name: string,
    made: Kept[K]['made'],
    trace: Trace,
    { plan, report }: Linking,
  ): Closable | null {
    const isQuiet = (need: Need) =>
      need.kind !== 'middlewares' || report.middlewares.get(need.name)?.errors.length === 0
    if (!trace.mayStay || report[kind].get(name)?.errors.length !== 0 || !trace.needs.every(isQuiet)) return null
    const linked = new Linked(plan[kind][name]!, made, trace) as Kept[K]
    this.#now[kind].set(name, linked)
    return linked.hold()
  }
}

function isStill(service: Service, linking: Linking): boolean {
  try {
    return linking.shared(service.name) === service
  } catch (error) {
    // Whoever needs it is built anew, and told the reason.
    if (error instanceof ConfigError) return false
    throw error
  }
}
