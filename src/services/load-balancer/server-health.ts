import type { HealthCheck } from '../../contracts/health-check.ts'
import type { BuildScope } from '../../contracts/kinds.ts'
import type { Transport } from '../../contracts/ports.ts'
import { PassiveHealth, watched } from '../../engine/health/passive.ts'
import type { LoadBalancerPlan, ServerPlan } from '../../plan/services.ts'
import { activeCheck } from './active-check.ts'

/** The health of one server, by active checks and by its answers to ordinary requests. */
export class ServerHealth {
  /** By active checks alone: what the API shows. */
  readonly passesChecks: () => boolean
  /** By both. */
  readonly isHealthy: () => boolean
  readonly #check: HealthCheck | null
  readonly #passive: PassiveHealth | null
  readonly #health: BuildScope['health']

  constructor(server: ServerPlan, plan: LoadBalancerPlan, scope: BuildScope) {
    const { health } = scope
    const check = plan.healthCheck === null ? null : activeCheck(server, plan.healthCheck, plan.serversTransport, scope)
    if (check !== null) scope.watch(check)
    const passive = passiveHealth(server, plan, check, scope)
    this.#check = check
    this.#passive = passive
    this.#health = health
    const passesChecks = check === null ? () => true : () => health.isUp(check.key)
    this.passesChecks = passesChecks
    this.isHealthy = passive === null ? passesChecks : () => passesChecks() && passive.isUp()
  }

  /** The way to the server, whose answers count where they are to. */
  watching(transport: Transport): Transport {
    return this.#passive === null ? transport : watched(transport, this.#passive)
  }

  /** When it last went down or came back, on the clock's scale; -Infinity: never. */
  get changedAt(): number {
    return this.#passive === null ? this.#checkChangedAt : Math.max(this.#checkChangedAt, this.#passive.changedAt)
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

function passiveHealth(
  server: ServerPlan,
  plan: LoadBalancerPlan,
  check: HealthCheck | null,
  scope: BuildScope,
): PassiveHealth | null {
  if (plan.passiveHealthCheck === null) return null
  const { health, name } = scope
  const { clock, ejected } = scope.ports
  const active =
    check === null
      ? null
      : {
          passes: () => health.passes(check.key),
          patienceMs: 2 * (check.options.intervalMs + check.options.timeoutMs),
        }
  const passive: PassiveHealth = new PassiveHealth(plan.passiveHealthCheck, clock, active, () =>
    ejected?.(name, server.url, () => passive.isUp()),
  )
  return passive
}
