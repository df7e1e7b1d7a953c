import type { ServiceKind } from '../contracts/kinds.ts'
import { loadBalancer } from './load-balancer/load-balancer.ts'

/** Every kind of service, by Traefik's name; each is a module of its own, loaded by plans that name it. */
export const serviceKinds = {
  // Hardly any plan does without.
  loadBalancer: async () => loadBalancer,
  highestRandomWeight: async () =>
    (await import('./highest-random-weight/highest-random-weight.ts')).highestRandomWeight,
  weighted: async () => (await import('./weighted/weighted.ts')).weighted,
  mirroring: async () => (await import('./mirroring/mirroring.ts')).mirroring,
  failover: async () => (await import('./failover/failover.ts')).failover,
} as const satisfies Record<string, () => Promise<ServiceKind<never>>>
