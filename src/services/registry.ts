import { loadBalancer } from './load-balancer.ts'
import { weighted } from './weighted.ts'

/** Every kind of service that can be built, by Traefik's name. */
export const serviceKinds = { loadBalancer, weighted } as const
