import type { HealthView } from '../../contracts/health-check.ts'
import { defineService } from '../../contracts/kinds.ts'
import { isAvailable } from '../../engine/balancing/balancer.ts'
import { shownUrl } from '../../http/shown-url.ts'
import type { LoadBalancerPlan, Strategy } from '../../plan/services.ts'
import { balanced } from '../shared/balanced.ts'
import { notEnabled } from '../shared/children.ts'
import { slowStart } from '../shared/slow-start.ts'
import { narrowUpgrades } from './allowed-upgrades.ts'
import { limitEjection } from './ejection.ts'
import { Server } from './server.ts'

/** Servers behind a balancer (Traefik v3.7 `pkg/server/service/service.go`). */
export const loadBalancer = defineService<LoadBalancerPlan>({
  // A single server is balanced with nobody.
  isStateless: ({ servers, healthCheck, passiveHealthCheck, slowStartMs, sticky }) =>
    servers.length <= 1 &&
    healthCheck === null &&
    passiveHealthCheck === null &&
    slowStartMs === undefined &&
    sticky === null,
  // Checks begin at once, and who joins later is known from the beginning.
  mayWait: ({ healthCheck, slowStartMs }) => healthCheck === null && slowStartMs === undefined,
  build(plan, scope) {
    const { health, name, ports } = scope
    const { strategy, slowStartMs, maxEjectionPercent, allowedUpgrades } = plan
    const servers = Server.all(plan, scope)
    const members = strategy === 'p2c' ? servers : servers.filter((server) => server.weight > 0)
    if (maxEjectionPercent !== undefined) limitEjection(members, maxEjectionPercent)
    const around = slowStartMs === undefined ? null : slowStart(members, slowStartMs, ports)
    const spread = balanced(members, strategy, plan.sticky, ports, around)
    const pick = allowedUpgrades === undefined ? spread : narrowUpgrades(spread, allowedUpgrades)
    const anyIsAvailable = plan.passiveHealthCheck === null ? byEpoch(health, members) : () => members.some(isAvailable)
    return {
      name,
      unchecked: plan.healthCheck === null ? notEnabled(LABELS[strategy]) : null,
      handle(request, cx) {
        cx.record.loadBalancer = name
        return pick(request, cx)
      },
      // Nobody to begin with is no change of state: parents hear of changes only.
      isUp: members.length === 0 ? () => true : anyIsAvailable,
      servers: () =>
        Object.fromEntries(servers.map(({ id, passesChecks }) => [shownUrl(id), passesChecks() ? 'UP' : 'DOWN'])),
    }
  },
})

/** What Traefik calls the strategies in messages. */
const LABELS: Readonly<Record<Strategy, string>> = { wrr: 'WRR', p2c: 'P2C', hrw: 'HRW', leasttime: 'LeastTime' }

/**
 * Looks for who is up only when health has changed. Whom operators drain is another matter: that is asked each time.
 */
function byEpoch(health: HealthView, members: readonly Server[]): () => boolean {
  let epoch = -1
  let up: readonly Server[] = []
  return () => {
    if (health.epoch !== epoch) {
      epoch = health.epoch
      up = members.filter((member) => member.isUp())
    }
    for (const member of up) if (!member.fenced) return true
    return false
  }
}
