import type { MiddlewarePlan, RouterPlan, ServersTransportPlan, ServicePlan } from '../../plan/plan.ts'
import type { ConfigProblem } from '../../plan/problem.ts'
import type { MergedRouter } from '../merge/models.ts'
import { RuleCache } from './rule-cache.ts'

/** What an element came to, and what was wrong with it. */
export interface Remembered<P> {
  /** Qualified; the same options under another name are another element. */
  readonly name: string
  readonly plan: P
  readonly problems: readonly ConfigProblem[]
}

/**
 * Plans of elements for the next plan, by the options they were made of: what a provider did not change is the same
 * object as before. Whoever plans again and again holds one, for one install configuration.
 */
export class PlanMemory {
  readonly rules = new RuleCache()
  /** Routers as they are merged: under their name, or under several where entry points have models. */
  readonly merged = new WeakMap<
    object,
    { readonly name: string; readonly routers: readonly [string, MergedRouter][] }
  >()
  readonly routers = new WeakMap<object, Remembered<RouterPlan>>()
  readonly services = new WeakMap<object, Remembered<ServicePlan>>()
  readonly middlewares = new WeakMap<object, Remembered<MiddlewarePlan>>()
  readonly serversTransports = new WeakMap<object, Remembered<ServersTransportPlan>>()
  defaultTransport: ServersTransportPlan | null = null
}
