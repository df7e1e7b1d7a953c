import { matcherKinds } from '../engine/matching/matchers.ts'
import type { WantedKinds, WantedPart } from '../plan/guide.ts'
import type { Plan } from '../plan/plan.ts'
import type { RuleNode } from '../plan/rule.ts'
import type { LoadBalancerPlan } from '../plan/services.ts'
import { standsAlone } from '../services/load-balancer/load-balancer.ts'

/** The kinds that a plan names, and how much of them it needs. Elements with errors are never built. */
export function wantedKinds(plan: Plan): WantedKinds {
  const { middlewares, services } = plan
  return {
    middlewares: kindsOf(middlewares),
    services: kindsOf(services),
    standsAlone: Object.values(services).every(
      ({ kind, config, errors }) =>
        kind !== 'loadBalancer' || errors.length > 0 || standsAlone(config as LoadBalancerPlan),
    ),
    parts: (Object.keys(wants) as WantedPart[]).filter((part) => wants[part](plan)),
  }
}

/** Whether a plan needs a part. */
const wants: { readonly [P in WantedPart]: (plan: Plan) => boolean } = {
  withTimeouts: ({ routers }) => Object.values(routers).some(({ timeouts }) => timeouts !== undefined),
  refusingReturns: ({ routers }) => Object.values(routers).some(({ recursionMark }) => recursionMark !== undefined),
  tree: ({ routers }) => Object.values(routers).some(({ parents }) => parents.length > 0),
  internalService: ({ routers, services, middlewares }) =>
    Object.values(routers).some(({ service }) => service?.endsWith('@internal') === true) ||
    // Those that name services beside routers.
    Object.values(services).some(({ kind }) => kind !== 'loadBalancer') ||
    Object.values(middlewares).some(({ kind }) => kind === 'errors'),
  withSecrets: ({ middlewares, services }) =>
    [...Object.values(middlewares), ...Object.values(services)].some(({ secrets }) => secrets !== undefined),
  matchers: ({ routers }) => Object.values(routers).some(({ rule }) => rule !== null && hasRareMatcher(rule)),
  createIpMatcher: ({ entryPoints }) =>
    Object.values(entryPoints).some(({ forwardedHeaders }) => forwardedHeaders.trustedIPs.length > 0),
}

function hasRareMatcher(rule: RuleNode): boolean {
  if (rule.op === 'match') return !Object.hasOwn(matcherKinds, rule.matcher)
  if (rule.op === 'not') return hasRareMatcher(rule.node)
  return hasRareMatcher(rule.left) || hasRareMatcher(rule.right)
}

function kindsOf(elements: Plan['middlewares'] | Plan['services']): readonly string[] {
  const kinds = new Set<string>()
  for (const name of Object.keys(elements)) {
    const { kind } = elements[name]!
    if (kind !== null) kinds.add(kind)
  }
  return [...kinds]
}
