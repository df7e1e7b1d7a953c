import { failover } from './failover.ts'
import { highestRandomWeight } from './highest-random-weight.ts'
import { loadBalancer } from './load-balancer.ts'
import { mirroring } from './mirroring.ts'
import { weighted } from './weighted.ts'

/** Every kind of service, by Traefik's name. */
export const serviceKinds = { loadBalancer, highestRandomWeight, weighted, mirroring, failover } as const
