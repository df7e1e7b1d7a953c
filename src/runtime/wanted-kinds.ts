import type { WantedKinds } from '../plan/guide.ts'
import type { Plan } from '../plan/plan.ts'
import type { LoadBalancerPlan } from '../plan/services.ts'
import { standsAlone } from '../services/load-balancer/load-balancer.ts'

/** The kinds that a plan names, and how much of them it needs. Elements with errors are never built. */
export function wantedKinds({ middlewares, services, routers }: Plan): WantedKinds {
  return {
    middlewares: kindsOf(middlewares),
    services: kindsOf(services),
    standsAlone: Object.values(services).every(
      ({ kind, config, errors }) =>
        kind !== 'loadBalancer' || errors.length > 0 || standsAlone(config as LoadBalancerPlan),
    ),
    hasTimeouts: Object.values(routers).some(({ timeouts }) => timeouts !== undefined),
  }
}

function kindsOf(elements: Plan['middlewares'] | Plan['services']): readonly string[] {
  const kinds = new Set<string>()
  for (const name of Object.keys(elements)) {
    const { kind } = elements[name]!
    if (kind !== null) kinds.add(kind)
  }
  return [...kinds]
}
