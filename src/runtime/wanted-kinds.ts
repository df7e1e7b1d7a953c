import { matcherKinds } from '../engine/matching/matchers.ts'
import { atOnce, type Steps } from '../http/steps.ts'
import type { WantedKinds, WantedPart } from '../plan/guide.ts'
import type { MiddlewarePlan, Plan, RouterPlan, ServicePlan } from '../plan/plan.ts'
import type { RuleNode } from '../plan/rule.ts'
import type { LoadBalancerPlan } from '../plan/services.ts'
import { standsAlone } from '../services/load-balancer/load-balancer.ts'

/** The kinds that a plan names, and how much of them it needs. Elements with errors are never built. */
export const wantedKinds = (plan: Plan): WantedKinds => atOnce(wantedSteps(plan))

/** The same in steps: each element is looked at once. */
export function* wantedSteps({ routers, middlewares, services, entryPoints }: Plan): Steps<WantedKinds> {
  const parts = new Set<WantedPart>()
  for (const name of Object.keys(routers)) {
    noteRouter(routers[name]!, parts)
    yield
  }
  const middlewareKinds = new Set<string>()
  for (const name of Object.keys(middlewares)) {
    const middleware = middlewares[name]!
    noteKind(middleware, middlewareKinds, parts)
    if (middleware.kind === 'errors') parts.add('internalService')
    yield
  }
  const serviceKinds = new Set<string>()
  let alone = true
  for (const name of Object.keys(services)) {
    const service = services[name]!
    noteKind(service, serviceKinds, parts)
    // Those that name services beside routers.
    if (service.kind !== 'loadBalancer') parts.add('internalService')
    else alone &&= service.errors.length > 0 || standsAlone(service.config as LoadBalancerPlan)
    yield
  }
  for (const { forwardedHeaders } of Object.values(entryPoints)) {
    if (forwardedHeaders.trustedIPs.length > 0) parts.add('createIpMatcher')
  }
  return { middlewares: [...middlewareKinds], services: [...serviceKinds], standsAlone: alone, parts: [...parts] }
}

function noteRouter({ timeouts, recursionMark, parents, service, rule }: RouterPlan, parts: Set<WantedPart>): void {
  if (timeouts !== undefined) parts.add('withTimeouts')
  if (recursionMark !== undefined) parts.add('refusingReturns')
  if (parents.length > 0) parts.add('tree')
  if (service?.endsWith('@internal') === true) parts.add('internalService')
  if (rule !== null && !parts.has('matchers') && hasRareMatcher(rule)) parts.add('matchers')
}

function noteKind({ kind, secrets }: MiddlewarePlan | ServicePlan, kinds: Set<string>, parts: Set<WantedPart>): void {
  if (kind !== null) kinds.add(kind)
  if (secrets !== undefined) parts.add('withSecrets')
}

function hasRareMatcher(rule: RuleNode): boolean {
  if (rule.op === 'match') return !Object.hasOwn(matcherKinds, rule.matcher)
  if (rule.op === 'not') return hasRareMatcher(rule.node)
  return hasRareMatcher(rule.left) || hasRareMatcher(rule.right)
}
