import { balanced } from '../shared/balanced.ts'
import { slowStart } from '../shared/slow-start.ts'
import { limitEjection } from './ejection.ts'
import { createLoadBalancer } from './load-balancer.ts'
import { ServerHealth } from './server-health.ts'

/** Any load balancer. */
export const loadBalancer = createLoadBalancer({
  healthOf: (server, plan, scope) => new ServerHealth(server, plan, scope),
  spread(members, { strategy, sticky, slowStartMs, maxEjectionPercent }, ports) {
    if (maxEjectionPercent !== undefined) limitEjection(members, maxEjectionPercent)
    const around = slowStartMs === undefined ? null : slowStart(members, slowStartMs, ports)
    return balanced(members, strategy, sticky, ports, around)
  },
})
