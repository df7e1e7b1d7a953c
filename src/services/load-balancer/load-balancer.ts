import type { HealthView } from '../../contracts/health-check.ts'
import { defineService, type ServiceKind } from '../../contracts/kinds.ts'
import type { Ports } from '../../contracts/ports.ts'
import { isAvailable } from '../../engine/balancing/balancer.ts'
import { noAvailableServer } from '../../http/replies.ts'
import { shownUrl } from '../../http/shown-url.ts'
import type { LoadBalancerPlan, Strategy } from '../../plan/services.ts'
import type { Balanced } from '../shared/balanced.ts'
import { notEnabled } from '../shared/not-enabled.ts'
import { type HealthOf, Server } from './server.ts'

/** What servers need that are several, or watched: a module of its own, as most services have one and trust it. */
export interface Balancing {
  readonly healthOf: HealthOf
  readonly spread: (members: readonly Server[], plan: LoadBalancerPlan, ports: Ports) => Balanced
}

/**
 * Whether a load balancer balances nothing: a server at most, which nobody watches and no client is bound to, and which may
 * have any request as it is.
 */
export const standsAlone = ({
  servers,
  healthCheck,
  passiveHealthCheck,
  slowStartMs,
  sticky,
  allowedUpgrades,
}: LoadBalancerPlan): boolean =>
  servers.length <= 1 &&
  healthCheck === null &&
  passiveHealthCheck === null &&
  slowStartMs === undefined &&
  sticky === null &&
  allowedUpgrades === undefined

/**
 * Servers behind a balancer (Traefik v3.7 `pkg/server/service/service.go`).
 * @param balancing null: of those that stand alone, no others
 */
export const createLoadBalancer = (balancing: Balancing | null): ServiceKind<LoadBalancerPlan> =>
  defineService<LoadBalancerPlan>({
    isStateless: standsAlone,
    // Checks begin at once, and who joins later is known from the beginning.
    mayWait: ({ healthCheck, slowStartMs }) => healthCheck === null && slowStartMs === undefined,
    build(plan, scope) {
      const { health, name, ports } = scope
      const { strategy } = plan
      const servers = plan.servers.map((server) => new Server(server, plan, scope, balancing?.healthOf ?? null))
      // A filtered list has room for sixteen more, and there may be ten thousand of these.
      const members = strategy === 'p2c' ? servers : servers.filter((server) => server.weight > 0).slice()
      const { handle: pick, preview } = balancing?.spread(members, plan, ports) ?? alone(members[0])
      const anyIsAvailable =
        plan.passiveHealthCheck === null ? byEpoch(health, members) : () => members.some(isAvailable)
      return {
        name,
        unchecked: plan.healthCheck === null ? notEnabled(LABELS[strategy]) : null,
        preview,
        handle: pick,
        // Nobody to begin with is no change of state: parents hear of changes only.
        isUp: members.length === 0 ? () => true : anyIsAvailable,
        servers: () =>
          Object.fromEntries(
            servers.map((server) => [shownUrl(server.id), server.health?.passesChecks() === false ? 'DOWN' : 'UP']),
          ),
      }
    },
  })

/** The only server takes every request, unless it is drained. */
const alone = (server: Server | undefined): Balanced => ({
  handle: (request, cx) =>
    server === undefined || !isAvailable(server) ? noAvailableServer() : server.handle(request, cx),
  preview: () => (server === undefined || !isAvailable(server) ? null : server.id),
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
