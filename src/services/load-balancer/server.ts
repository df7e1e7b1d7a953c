import { type BuildScope, ConfigError } from '../../contracts/kinds.ts'
import type { ServerStanding } from '../../contracts/operator.ts'
import type { Transport } from '../../contracts/ports.ts'
import { UpstreamFailure } from '../../http/failure.ts'
import type { Handler } from '../../http/handler.ts'
import { shownUrl } from '../../http/shown-url.ts'
import { isKnownScheme } from '../../plan/scheme.ts'
import type { LoadBalancerPlan, ServerPlan } from '../../plan/services.ts'
import { forward } from '../shared/forward.ts'
import type { Member } from '../shared/member.ts'
import type { ServerHealth } from './server-health.ts'

/** One server of a load balancer: the way to it, its health and its standing. */
export class Server implements Member {
  readonly id: string
  readonly weight: number
  readonly handle: Handler
  /** Null: nobody watches it. */
  readonly health: ServerHealth | null
  /** As the balancer sees it: its health, unless a ceiling keeps it in. */
  isUp: () => boolean
  /** Kept back from the pick that is being made: a slow start. */
  held = false
  readonly #standing: ServerStanding
  readonly #isLeaving: boolean

  constructor(server: ServerPlan, plan: LoadBalancerPlan, scope: BuildScope, healthOf: HealthOf | null) {
    const direct = openTransport(server, plan, scope)
    const health = healthOf?.(server, plan, scope) ?? null
    const way = health?.watching(direct) ?? direct
    const asked = { what: 'server', scheme: server.scheme, authority: server.authority, hasUserInfo: false } as const
    const observed = scope.observer?.client(asked, way) ?? way
    const ask = forward(observed, server, scope.name, plan.passHostHeader, scope.ports)
    this.id = server.url
    this.weight = server.weight
    this.health = health
    this.#isLeaving = server.fenced === true
    this.handle = scope.observer?.attempt(scope.name, shownUrl(server.url))?.(ask) ?? ask
    this.#standing = scope.server(shownUrl(server.url))
    this.isUp = health?.isHealthy ?? always
  }

  get fenced(): boolean {
    return this.#isLeaving || this.#standing.drained || this.held
  }

  isHealthy(): boolean {
    return this.health === null || this.health.isHealthy()
  }

  /** When it joined or came back, on the clock's scale; -Infinity: it has been there all along, or is down. */
  get servingSince(): number {
    if (!this.isHealthy()) return Number.NEGATIVE_INFINITY
    const joinedAt = this.#standing.joinedAt ?? Number.NEGATIVE_INFINITY
    return this.health === null ? joinedAt : Math.max(joinedAt, this.health.changedAt)
  }

  /** Of an unhealthy server, as `ServerHealth` says. */
  get downSince(): number {
    return this.health?.downSince ?? Number.POSITIVE_INFINITY
  }
}

/** Begins to watch a server. */
export type HealthOf = (server: ServerPlan, plan: LoadBalancerPlan, scope: BuildScope) => ServerHealth

const always = () => true

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
