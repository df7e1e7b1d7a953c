import type { ServiceKind } from '../contracts/kinds.ts'
import type { LoadBalancerPlan } from '../plan/services.ts'
import { createLoadBalancer, standsAlone } from './load-balancer/load-balancer.ts'

/**
 * Every kind of service, by Traefik's name; each is a module of its own, loaded by plans that name it.
 * @param configs of all services of the kind that will be built; absent: they are not known yet
 */
export const serviceKinds = {
  // Hardly any plan does without; what balances is for those that have something to balance.
  loadBalancer: async (configs?: readonly unknown[]) =>
    (configs as readonly LoadBalancerPlan[] | undefined)?.every(standsAlone)
      ? createLoadBalancer(null)
      : (await import('./load-balancer/balancing.ts')).loadBalancer,
  highestRandomWeight: async () =>
    (await import('./highest-random-weight/highest-random-weight.ts')).highestRandomWeight,
  weighted: async () => (await import('./weighted/weighted.ts')).weighted,
  mirroring: async () => (await import('./mirroring/mirroring.ts')).mirroring,
  failover: async () => (await import('./failover/failover.ts')).failover,
} as const satisfies Record<string, () => Promise<ServiceKind<never>>>
