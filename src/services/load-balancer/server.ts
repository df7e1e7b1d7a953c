import type { HealthCheck } from '../../contracts/health-check.ts'
import { type BuildScope, ConfigError } from '../../contracts/kinds.ts'
import type { ServerStanding } from '../../contracts/operator.ts'
import type { Transport } from '../../contracts/ports.ts'
import { PassiveHealth, watched } from '../../engine/health/passive.ts'
import { UpstreamFailure } from '../../http/failure.ts'
import type { Handler } from '../../http/handler.ts'
import { shownUrl } from '../../http/shown-url.ts'
import { isKnownScheme } from '../../plan/scheme.ts'
import type { LoadBalancerPlan, ServerPlan } from '../../plan/services.ts'
import { forward } from '../shared/forward.ts'
import type { Member } from '../shared/member.ts'
import { activeCheck } from './active-check.ts'

/** One server of a load balancer: the way to it, its health and its standing. */
export class Server implements Member {
  readonly id: string
  readonly weight: number
  readonly handle: Handler
  /** By active checks alone: what the API shows. */
  readonly passesChecks: () => boolean
  /** By its health, active and passive. */
  readonly isHealthy: () => boolean
  /** As the balancer sees it: its health, unless a ceiling keeps it in. */
  isUp: () => boolean
  /** Kept back from the pick that is being made: a slow start. */
  held = false
  readonly #standing: ServerStanding
  readonly #isLeaving: boolean
  readonly #check: HealthCheck | null
  readonly #passive: PassiveHealth | null
  readonly #health: BuildScope['health']

  static all(plan: LoadBalancerPlan, scope: BuildScope): readonly Server[] {
    return plan.servers.map((server) => new Server(server, plan, scope))
  }

  private constructor(server: ServerPlan, plan: LoadBalancerPlan, scope: BuildScope) {
    const { health, ports } = scope
    const direct = openTransport(server, plan, scope)
    const check = plan.healthCheck === null ? null : activeCheck(server, plan.healthCheck, plan.serversTransport, scope)
    if (check !== null) scope.watch(check)
    const passive = passiveHealth(plan, check, scope)
    this.id = server.url
    this.weight = server.weight
    this.#isLeaving = server.fenced === true
    const ask = forward(passive === null ? direct : watched(direct, passive), server, plan.passHostHeader, ports)
    this.handle = scope.observer?.attempt(scope.name, shownUrl(server.url))?.(ask) ?? ask
    this.#standing = scope.server(shownUrl(server.url))
    this.#check = check
    this.#passive = passive
    this.#health = health
    const passesChecks = check === null ? () => true : () => health.isUp(check.key)
    this.passesChecks = passesChecks
    this.isHealthy = passive === null ? passesChecks : () => passesChecks() && passive.isUp()
    this.isUp = this.isHealthy
  }

  get fenced(): boolean {
    return this.#isLeaving || this.#standing.drained || this.held
  }

  /** When it joined or came back, on the clock's scale; -Infinity: it has been there all along, or is down. */
  get servingSince(): number {
    if (!this.isHealthy()) return Number.NEGATIVE_INFINITY
    const since = Math.max(this.#standing.joinedAt ?? Number.NEGATIVE_INFINITY, this.#checkChangedAt)
    return this.#passive === null ? since : Math.max(since, this.#passive.changedAt)
  }

  /** Of an unhealthy server: when it went down, on the clock's scale; -Infinity: nobody noted when. */
  get downSince(): number {
    const byCheck = this.passesChecks() ? Number.POSITIVE_INFINITY : this.#checkChangedAt
    const passive = this.#passive
    return passive === null || passive.isUp() ? byCheck : Math.min(byCheck, passive.changedAt)
  }

  get #checkChangedAt(): number {
    const at = this.#check === null ? null : this.#health.changedAt(this.#check.key)
    return at ?? Number.NEGATIVE_INFINITY
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

function openTransport(
  { url, scheme, host, port, authority }: ServerPlan,
  plan: LoadBalancerPlan,
  scope: BuildScope,
): Transport {
  const known = isKnownScheme(scheme)
  try {
    const origin = { scheme: known ? scheme : ('http' as const), host, port }
    const transport = scope.open('transport', { through: plan.serversTransport, origin })
    // A servers transport that does not exist counts first; what can't be reached shows when a request comes.
    if (!known) return failing('protocol', `unsupported protocol scheme "${scheme}"`)
    if (authority === '') return failing('protocol', 'no Host in request URL')
    return port > 65535 ? failing('connect', `address ${port}: invalid port`) : transport
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(`error building proxy for server URL ${url}: getting RoundTripper: ${error.message}`)
  }
}

/** No server can be there. */
const failing = (kind: 'protocol' | 'connect', reason: string): Transport => ({
  send: () => new UpstreamFailure(kind, 'unsent', new Error(reason)),
  close() {},
})
