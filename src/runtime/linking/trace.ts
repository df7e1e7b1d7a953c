import type { HealthCheck } from '../../contracts/health-check.ts'
import type { Service } from '../../contracts/kinds.ts'
import type { MiddlewarePlan, ServersTransportPlan } from '../../plan/plan.ts'
import type { ServerName } from '../operator.ts'
import type { Closable } from '../usage-pool.ts'

/** A part of the plan that something was made of. */
export interface Need {
  readonly kind: 'middlewares' | 'serversTransports'
  readonly name: string
  readonly plan: MiddlewarePlan | ServersTransportPlan
}

/** What comes with something that was built. */
export interface Made {
  readonly checks: readonly HealthCheck[]
  readonly servers: readonly ServerName[]
  readonly opened: readonly Closable[]
}

/** Notes what is asked for while a router or a service is built. */
export class Trace implements Made {
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
