import type { HealthCheck } from '../../contracts/health-check.ts'
import type { Service } from '../../contracts/kinds.ts'
import type { Observer } from '../../contracts/observer.ts'
import type { MiddlewarePlan, RouterPlan, ServersTransportPlan, ServicePlan } from '../../plan/plan.ts'
import type { ServerName } from '../operator.ts'
import type { Route } from '../routing/route-table.ts'
import type { Closable } from '../usage-pool.ts'

/** A part of the plan that something was made of. */
export interface Need {
  readonly kind: 'middlewares' | 'serversTransports'
  readonly name: string
  readonly plan: MiddlewarePlan | ServersTransportPlan
}

/** Notes what is asked for while a router or a service is built. */
export class Trace {
  readonly services: Service[] = []
  readonly needs: Need[] = []
  readonly checks: HealthCheck[] = []
  readonly servers: ServerName[] = []
  readonly opened: Closable[] = []
  /** Middlewares and balancers inside it. */
  handlers = 0
  /** Whether the next snapshot may have it too, since nobody could tell the difference. */
  mayStay = true
}

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

/**
 * What the last snapshot is made of, for the next one: a router or a service of which nothing has changed, and in which
 * nothing counts or remembers, is the same object again. Kept by who links again and again, for the same ports.
 */
export class LinkMemory {
  /** Who hears of exchanges is part of all handlers. */
  observer: Observer | null = null
  routers: LinkedRouters = new Map()
  services: LinkedServices = new Map()

  replace(observer: Observer | null, routers: LinkedRouters, services: LinkedServices): void {
    this.observer = observer
    this.routers = routers
    this.services = services
  }
}

type LinkedRouters = ReadonlyMap<string, Linked<RouterPlan, Route>>
type LinkedServices = ReadonlyMap<string, Linked<ServicePlan, Service>>
