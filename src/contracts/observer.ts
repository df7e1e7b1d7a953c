import type { Middleware } from '../http/handler.ts'
import type { ObservabilityPlan, RouterPlan } from '../plan/plan.ts'

/**
 * What access log, metrics and spans hear of an exchange, at four places. The linker asks once for each place when it
 * links a snapshot and puts what it gets around the handler there; null: nobody listens, and nothing is put. What lasts
 * until the exchange is over registers with `cx.onEnd`.
 */
export interface Observer {
  /**
   * Around the routes of an entry point; the request has been prepared.
   * @param observed what is wanted of requests that no router takes
   */
  entryPoint(name: string, observed: ObservabilityPlan): Middleware | null
  /** Around the middlewares of a router and what is behind them. */
  router(name: string, router: RouterPlan): Middleware | null
  /** Around a service, its own middlewares included; by its qualified name. */
  service(name: string): Middleware | null
  /** Around each attempt at a server of a service; by the URL that is shown of the server. */
  attempt(service: string, serverUrl: string): Middleware | null
}
