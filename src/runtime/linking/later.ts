import type { Kinds, MiddlewareKind, ServiceKind } from '../../contracts/kinds.ts'
import { hostsOf } from '../../engine/matching/host-index.ts'
import type { Plan, RouterPlan } from '../../plan/plan.ts'
import type { RuleNode } from '../../plan/rule.ts'
import type { Route } from '../routing/route-table.ts'

/**
 * Whether a router may be linked when a request first comes near it: everything that it names is there, without a
 * mistake that was found before, and nothing in it has work to do before the first request.
 */
export function mayWait(router: RouterPlan, { services, middlewares }: Plan, kinds: Kinds): boolean {
  if (router.service === null || router.errors.length > 0 || router.warnings.length > 0) return false
  const service = Object.hasOwn(services, router.service) ? services[router.service]! : null
  if (service === null || service.errors.length > 0) return false
  const kind = kinds.services[service.kind ?? ''] as ServiceKind<unknown> | undefined
  if (kind?.mayWait?.(service.config) !== true) return false
  const allMayWait = (names: readonly string[], depth: number): boolean =>
    depth < MOST_LEVELS &&
    names.every((name) => {
      const plan = Object.hasOwn(middlewares, name) ? middlewares[name]! : null
      if (plan === null || plan.errors.length > 0) return false
      const kind = kinds.middlewares[plan.kind ?? ''] as MiddlewareKind<unknown> | undefined
      if (kind === undefined) return false
      return kind.mayWait?.(plan.config, (inner) => allMayWait(inner, depth + 1)) ?? true
    })
  return allMayWait(router.middlewares, 0) && allMayWait(service.middlewares, 0)
}

/** Chains inside one another; deeper ones are linked at once. */
const MOST_LEVELS = 8

/** A router that is linked when it is first compared with a request, or when somebody links it. */
export interface LaterRoute {
  readonly route: Route
  /** Links it, unless it is linked. */
  readonly link: () => void
}

/** @param build links it; null: it turned out to be disabled */
export function later(
  name: string,
  router: RouterPlan & { readonly rule: RuleNode },
  build: () => Route | null,
): LaterRoute {
  let linked: Route | null | undefined
  const link = (): Route | null => {
    if (linked === undefined) linked = build()
    return linked
  }
  const route: Route = {
    name,
    hosts: hostsOf(router.rule),
    priority: BigInt(router.priority),
    provider: router.provider,
    matches: (request, cx) => link()?.matches(request, cx) ?? false,
    // Nobody comes here but by `matches`.
    handle: (request, cx) => link()!.handle(request, cx),
  }
  return { route, link }
}
