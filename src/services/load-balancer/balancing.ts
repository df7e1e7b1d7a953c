import { balanced } from '../shared/balanced.ts'
import { slowStart } from '../shared/slow-start.ts'
import { narrowUpgrades } from './allowed-upgrades.ts'
import { limitEjection } from './ejection.ts'
import { balancedByHash } from './hash-by.ts'
import { createLoadBalancer } from './load-balancer.ts'
import { ServerHealth } from './server-health.ts'

/** Any load balancer. */
export const loadBalancer = createLoadBalancer({
  healthOf: (server, plan, scope) => new ServerHealth(server, plan, scope),
  spread(members, { strategy, sticky, hashBy, slowStartMs, maxEjectionPercent, allowedUpgrades }, ports) {
    if (maxEjectionPercent !== undefined) limitEjection(members, maxEjectionPercent)
    const around = slowStartMs === undefined ? null : slowStart(members, slowStartMs, ports)
    const spread =
      hashBy === undefined ? balanced(members, strategy, sticky, ports, around) : balancedByHash(members, hashBy, ports)
    return allowedUpgrades === undefined
      ? spread
      : { ...spread, handle: narrowUpgrades(spread.handle, allowedUpgrades) }
  },
})
