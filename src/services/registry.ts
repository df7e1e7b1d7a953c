import type { ServiceKind } from '../contracts/kinds.ts'
import { createLoadBalancer } from './load-balancer/load-balancer.ts'

/**
 * Every kind of service, by Traefik's name; each is a module of its own, loaded by plans that name it.
 * @param areAlone whether no load balancer has anything to balance
 */
export const serviceKinds = {
  // Hardly any plan does without; what balances is for those that have something to balance.
  loadBalancer: async (areAlone = false) =>
    areAlone ? createLoadBalancer(null) : (await import('./load-balancer/balancing.ts')).loadBalancer,
  highestRandomWeight: async () =>
    (await import('./highest-random-weight/highest-random-weight.ts')).highestRandomWeight,
  weighted: async () => (await import('./weighted/weighted.ts')).weighted,
  mirroring: async () => (await import('./mirroring/mirroring.ts')).mirroring,
  failover: async () => (await import('./failover/failover.ts')).failover,
} as const satisfies Record<string, (areAlone?: boolean) => Promise<ServiceKind<never>>>
