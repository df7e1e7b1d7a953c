import { failoverElement } from './failover/failover.schema.ts'
import { highestRandomWeightElement } from './highest-random-weight/highest-random-weight.schema.ts'
import { loadBalancerElement } from './load-balancer/load-balancer.schema.ts'
import { mirroringElement } from './mirroring/mirroring.schema.ts'
import type { serviceKinds } from './registry.ts'
import { weightedElement } from './weighted/weighted.schema.ts'

/** The plan-time half of every kind in `registry.ts`. */
export const serviceElements = {
  loadBalancer: loadBalancerElement,
  highestRandomWeight: highestRandomWeightElement,
  weighted: weightedElement,
  mirroring: mirroringElement,
  failover: failoverElement,
} as const satisfies Record<keyof typeof serviceKinds, unknown>

/** Options of the HTTP service kinds. */
export const serviceSchemas = {
  loadBalancer: loadBalancerElement.schema,
  highestRandomWeight: highestRandomWeightElement.schema,
  weighted: weightedElement.schema,
  mirroring: mirroringElement.schema,
  failover: failoverElement.schema,
} as const
