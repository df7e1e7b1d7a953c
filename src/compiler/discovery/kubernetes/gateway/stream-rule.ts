import { type Backend, backendOf, checkInternal, isInternal } from './backend.ts'
import type { MatchRule } from './match-rules.ts'
import { type RulePlace, routerName, serviceName } from './names.ts'
import { RefFault, type RouteScope } from './route-scope.ts'
import type { BackendRef } from './specs.ts'

/** A rule of a TLSRoute or a TCPRoute. */
export interface StreamRule {
  readonly index: number
  /** `spec.rules[0]` */
  readonly field: string
  readonly backendRefs: readonly BackendRef[]
}

/** A rule with everything that it refers to. */
export interface ResolvedStreamRule {
  readonly rule: StreamRule
  /** Null: the reference leads nowhere. */
  readonly backends: readonly (Backend | null)[]
  /** The service of the proxy itself that it goes to; empty: it may not; null: it goes to others. */
  readonly internal: string | null
  readonly faults: readonly RefFault[]
}

/** Where connections of a rule come in. */
export interface StreamPlace {
  readonly place: RulePlace
  readonly match: MatchRule
  /** Null: without TLS. */
  readonly tls: { readonly passthrough: boolean } | null
}

/** Finds everything that a rule refers to. */
export function resolveStreamRule(scope: RouteScope, rule: StreamRule): ResolvedStreamRule {
  const faults: RefFault[] = []
  const attempt = <T>(make: () => T): T | null => {
    try {
      return make()
    } catch (error) {
      if (!(error instanceof RefFault)) throw error
      faults.push(error)
      scope.findings.error(error.field, error.message, error.hint)
      return null
    }
  }
  const [first] = rule.backendRefs
  if (first !== undefined && rule.backendRefs.length === 1 && isInternal(first)) {
    const internal = attempt(() => {
      checkInternal(scope, first, `${rule.field}.backendRefs[0]`)
      return first.name
    })
    return { rule, backends: [], internal: internal ?? '', faults }
  }
  const backends = rule.backendRefs.map((ref, at) =>
    attempt(() => backendOf(scope, ref, `${rule.field}.backendRefs[${at}]`)),
  )
  return { rule, backends, internal: null, faults }
}

/**
 * Adds the router of a rule and what it needs (Traefik `loadTLSRoute`, `loadTCPRoute`), whose names all begin with that of
 * the router.
 * @returns the name, null: it leads nowhere
 */
export function addStreamRouter(scope: RouteScope, resolved: ResolvedStreamRule, at: StreamPlace): string | null {
  const { rule, internal } = resolved
  const { place, match, tls } = at
  if (rule.backendRefs.length === 0 || internal === '') return null
  const name = routerName(place, tls === null ? '' : match.rule)
  if (scope.routers.has(name)) return name
  scope.routers.add(name)
  scope.builder.add(
    'tcp.routers',
    name,
    {
      entryPoints: [place.entryPoint],
      service: internal ?? weighted(scope, resolved, at, name),
      rule: match.rule,
      ruleSyntax: 'default',
      ...(match.priority === 0 ? {} : { priority: match.priority }),
      ...(tls === null ? {} : { tls: tls.passthrough ? { passthrough: true } : {} }),
    },
    rule.field,
  )
  return name
}

function weighted(scope: RouteScope, { rule, backends }: ResolvedStreamRule, at: StreamPlace, router: string): string {
  const { builder, namespace: own } = scope
  const services = rule.backendRefs.map((ref, index) => {
    const backend = backends[index] ?? null
    const { weight } = ref
    if (backend === null) return { name: refused(scope, rule, router), weight }
    if ('name' in backend) return { name: backend.name, weight }
    const name = serviceName(router, ref.namespace || own, ref.name, index)
    const field = `${rule.field}.backendRefs[${index}]`
    // What passes through is TLS already.
    const tls = at.tls?.passthrough === true ? null : backend.tls
    if (tls !== null) builder.add('tcp.serversTransports', name, { ...TIMES, tls }, field)
    builder.add(
      'tcp.services',
      name,
      {
        loadBalancer: {
          ...(backend.servers.length === 0
            ? {}
            : { servers: backend.servers.map((address) => ({ address, ...(tls === null ? {} : { tls: true }) })) }),
          ...(tls === null ? {} : { serversTransport: name }),
        },
      },
      field,
    )
    return { name, weight }
  })
  const name = `${router}-wrr`
  builder.add('tcp.services', name, { weighted: { services } }, rule.field)
  return name
}

const TIMES = { dialKeepAlive: '15s', dialTimeout: '30s', terminationDelay: '100ms' }

/** A service without servers: connections end at once. */
function refused({ builder }: RouteScope, { field }: StreamRule, router: string): string {
  const name = `${router}-err-lb`
  builder.add('tcp.services', name, { loadBalancer: {} }, field)
  return name
}
