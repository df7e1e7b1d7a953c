import { PassiveHealth, watched } from '../health/passive.ts'
import { UpstreamFailure } from '../http/failure.ts'
import type { HealthCheck } from '../kinds/health-check.ts'
import { type BuildScope, ConfigError, defineService } from '../kinds/kinds.ts'
import type { LoadBalancerPlan, ServerPlan, Strategy } from '../plan/services.ts'
import type { Transport } from '../ports/ports.ts'
import { activeCheck } from './active-check.ts'
import { balanced } from './balanced.ts'
import { notEnabled } from './children.ts'
import { forward } from './forward.ts'
import type { Member } from './member.ts'
import { isKnownScheme } from './scheme.ts'

/** Servers behind a balancer (contract http-services §2). */
export const loadBalancer = defineService<LoadBalancerPlan>({
  build(plan, scope) {
    const servers = plan.servers.map((server) => buildServer(server, plan, scope))
    const members = plan.strategy === 'p2c' ? servers : servers.filter((server) => server.weight > 0)
    const { health, name } = scope
    const pick = balanced(members, plan.strategy, plan.sticky, scope.ports)
    // Nobody to begin with is no change of state: parents hear of changes only.
    const look = () => members.length === 0 || members.some((member) => member.isUp())
    return {
      name,
      unchecked: plan.healthCheck === null ? notEnabled(LABELS[plan.strategy]) : null,
      handle(request, cx) {
        cx.record.loadBalancer = name
        return pick(request, cx)
      },
      isUp: plan.passiveHealthCheck === null ? perEpoch(health, look) : look,
      servers: () => Object.fromEntries(servers.map(({ id, passesChecks }) => [id, passesChecks() ? 'UP' : 'DOWN'])),
    }
  },
})

/** What Traefik calls the strategies in messages. */
const LABELS: Readonly<Record<Strategy, string>> = { wrr: 'WRR', p2c: 'P2C', hrw: 'HRW', leasttime: 'LeastTime' }

interface Server extends Member {
  /** By active checks alone: what the API shows. */
  readonly passesChecks: () => boolean
}

function buildServer(server: ServerPlan, plan: LoadBalancerPlan, scope: BuildScope): Server {
  const { url: id, weight, fenced } = server
  const direct = openTransport(server, plan, scope)
  const check = plan.healthCheck === null ? null : activeCheck(server, plan.healthCheck, plan.serversTransport, scope)
  if (check !== null) scope.watch(check)
  const passive = passiveHealth(plan, check, scope)
  const transport = passive === null ? direct : watched(direct, passive)
  const { health } = scope
  const passesChecks = check === null ? () => true : () => health.isUp(check.key)
  return {
    id,
    weight,
    fenced,
    handle: forward(transport, server, plan.passHostHeader, scope.ports),
    passesChecks,
    isUp: passive === null ? passesChecks : () => passesChecks() && passive.isUp(),
  }
}

function passiveHealth(plan: LoadBalancerPlan, check: HealthCheck | null, scope: BuildScope): PassiveHealth | null {
  if (plan.passiveHealthCheck === null) return null
  const { health } = scope
  const active =
    check === null
      ? null
      : {
          passes: () => health.passes(check.key),
          patienceMs: 2 * (check.options.intervalMs + check.options.timeoutMs),
        }
  return new PassiveHealth(plan.passiveHealthCheck, scope.ports.clock, active)
}

function openTransport({ url, scheme, host, port }: ServerPlan, plan: LoadBalancerPlan, scope: BuildScope): Transport {
  if (!isKnownScheme(scheme)) return unsupported(scheme)
  try {
    return scope.transport(plan.serversTransport, { scheme, host, port })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(`error building proxy for server URL ${url}: getting RoundTripper: ${error.message}`)
  }
}

const unsupported = (scheme: string): Transport => ({
  send: () => new UpstreamFailure('protocol', 'unsent', new Error(`unsupported protocol scheme "${scheme}"`)),
  close() {},
})

/** Asks again only when something has changed. */
function perEpoch(health: BuildScope['health'], look: () => boolean): () => boolean {
  let epoch = -1
  let up = true
  return () => {
    if (health.epoch !== epoch) {
      epoch = health.epoch
      up = look()
    }
    return up
  }
}
