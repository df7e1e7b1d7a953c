import type { Handler } from '../http/handler.ts'
import { phraseReply } from '../http/replies.ts'
import type { HealthCheck } from '../kinds/health-check.ts'
import { type BuildScope, ConfigError, defineService, type Origin } from '../kinds/kinds.ts'
import type { HealthCheckPlan, LoadBalancerPlan, ServerPlan } from '../plan/services.ts'
import type { Transport } from '../ports/ports.ts'
import { balanced, type Member } from './balanced.ts'
import { forward } from './forward.ts'

/** Servers behind a balancer (contract http-services §2). */
export const loadBalancer = defineService<LoadBalancerPlan>({
  build(plan, scope) {
    const members = plan.servers.map((server) => buildServer(server, plan, scope))
    const { health, name } = scope
    const pick = balanced(members, plan.sticky, scope.ports)
    let epoch = -1
    let up = true
    return {
      name,
      checked: plan.healthCheck !== null,
      handle(request, cx) {
        cx.record.loadBalancer = name
        return pick(request, cx)
      },
      isUp() {
        if (health.epoch !== epoch) {
          epoch = health.epoch
          up = members.some((member) => member.isUp())
        }
        return up
      },
      servers: () => Object.fromEntries(members.map((member) => [member.id, member.isUp() ? 'UP' : 'DOWN'])),
    }
  },
})

function buildServer(server: ServerPlan, plan: LoadBalancerPlan, scope: BuildScope): Member {
  const { url: id, weight, fenced } = server
  const origin = originOf(server)
  // Traefik notices a scheme it does not know when a request comes.
  if (origin === null) return { id, weight, fenced, isUp: () => true, handle: () => phraseReply(500) }
  const handle: Handler = forward(openTransport(id, origin, plan, scope), server, plan.passHostHeader, scope.ports)
  const { healthCheck } = plan
  if (healthCheck === null) return { id, weight, fenced, handle, isUp: () => true }
  const check = buildCheck(server, healthCheck, plan, scope)
  scope.watch(check)
  const { health } = scope
  return { id, weight, fenced, handle, isUp: () => health.isUp(check.key) }
}

function openTransport(url: string, origin: Origin, plan: LoadBalancerPlan, scope: BuildScope): Transport {
  try {
    return scope.transport(plan.serversTransport, origin)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(`error building proxy for server URL ${url}: getting RoundTripper: ${error.message}`)
  }
}

function originOf({ scheme, host, port }: Pick<ServerPlan, 'scheme' | 'host' | 'port'>): Origin | null {
  return scheme === 'http' || scheme === 'https' || scheme === 'h2c' ? { scheme, host, port } : null
}

function buildCheck(
  server: ServerPlan,
  options: HealthCheckPlan,
  plan: LoadBalancerPlan,
  scope: BuildScope,
): HealthCheck {
  const scheme = (options.scheme || server.scheme) === 'https' ? 'https' : 'http'
  const port = options.port || server.port
  const host = server.host.includes(':') ? `[${server.host}]` : server.host
  return {
    key: `${scope.name} ${server.url} ${JSON.stringify(options)}`,
    service: scope.name,
    serverUrl: server.url,
    options,
    origin: { scheme, authority: options.port === 0 ? server.authority : `${host}:${port}` },
    transport: scope.transport(plan.serversTransport, { scheme, host: server.host, port }),
  }
}
