import { failover } from './failover/failover.ts'
import { highestRandomWeight } from './highest-random-weight/highest-random-weight.ts'
import { loadBalancer } from './load-balancer/load-balancer.ts'
import { mirroring } from './mirroring/mirroring.ts'
import { weighted } from './weighted/weighted.ts'

/** Every kind of service, by Traefik's name. */
export const serviceKinds = { loadBalancer, highestRandomWeight, weighted, mirroring, failover } as const
