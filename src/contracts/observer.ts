import type { Middleware } from '../http/handler.ts'
import type { ObservabilityPlan, RouterPlan, ServicePlan } from '../plan/plan.ts'
import type { Transport } from './ports.ts'

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
  service(name: string, service: ServicePlan): Middleware | null
  /** Around each attempt at a server of a service; by the URL that is shown of the server. */
  attempt(service: string, serverUrl: string): Middleware | null
  /** Around a middleware of a chain. @param kind its option's name */
  middleware(name: string, kind: string): Middleware | null
  /** Around each try of the middleware that repeats requests. */
  retry(name: string): Middleware | null
  /** The way to a server, with whoever listens on it; null: nobody does. @param asked what is asked through it */
  client(asked: Asked, transport: Transport): Transport | null
}

/** Whom a request of ours goes to. */
export interface Asked {
  /** A server of a service, or who decides whether a request may pass. */
  readonly what: 'server' | 'auth'
  readonly scheme: string
  /** Host, and port where the URL has one. */
  readonly authority: string
  /** Whether the URL has user information. */
  readonly hasUserInfo: boolean
}
