import { loadBalancerElement } from './load-balancer.schema.ts'
import { failoverOptions, highestRandomWeightOptions, mirroringOptions } from './options.schema.ts'
import type { serviceKinds } from './registry.ts'
import { weightedElement } from './weighted.schema.ts'

/** The plan-time half of every kind in `registry.ts`. */
export const serviceElements = {
  loadBalancer: loadBalancerElement,
  weighted: weightedElement,
} as const satisfies Record<keyof typeof serviceKinds, unknown>

/** Options of the HTTP service kinds that are built. */
export const serviceSchemas = {
  loadBalancer: loadBalancerElement.schema,
  weighted: weightedElement.schema,
} as const

/** Options of the kinds that are accepted but not built yet. */
export const pendingServiceSchemas = {
  highestRandomWeight: highestRandomWeightOptions,
  mirroring: mirroringOptions,
  failover: failoverOptions,
} as const
