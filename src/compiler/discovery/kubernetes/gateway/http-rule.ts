import type { HttpRouter, HttpService } from '../../../dynamic/http.ts'
import { normalize } from '../../normalize.ts'
import { type Backend, backendOf, checkInternal, isInternal } from './backend.ts'
import { type Filters, readFilters } from './filters.ts'
import type { MatchRule } from './match-rules.ts'
import { filterName, type RulePlace, routerName, serviceName } from './names.ts'
import { percentOf } from './percent.ts'
import { RefFault, type RouteScope, ValueFault } from './route-scope.ts'
import type { BackendRef, HttpFilter } from './specs.ts'

/** A rule of an HTTPRoute or a GRPCRoute, as far as both have it. */
export interface RequestRule {
  readonly index: number
  /** `spec.rules[0]` */
  readonly field: string
  readonly filters: readonly HttpFilter[]
  readonly backendRefs: readonly (BackendRef & { readonly filters: readonly HttpFilter[] })[]
  readonly timeouts: HttpRouter['timeouts']
}

/** A match of a rule at a listener. */
export interface MatchPlace {
  readonly place: RulePlace
  readonly match: MatchRule
  /** What `ReplacePrefixMatch` replaces. */
  readonly path: string
  readonly isSecure: boolean
}

interface ResolvedRef {
  readonly ref: RequestRule['backendRefs'][number]
  /** Null: they, or what they hang on, are not as they should be. */
  readonly filters: Filters | null
  /** Null: it leads nowhere. */
  readonly backend: Backend | null
}

interface ResolvedMirror {
  readonly index: number
  readonly percent: number
  readonly backend: Backend
  readonly namespace: string
  readonly name: string
}

/** A rule with everything that it refers to. */
export interface ResolvedRule {
  readonly rule: RequestRule
  /** Null: what they ask for is not to be had, and requests are refused. */
  readonly filters: Filters | null
  readonly refs: readonly ResolvedRef[]
  readonly mirrors: readonly ResolvedMirror[]
  /** The service of the proxy itself that it goes to; empty: it may not; null: it goes to others. */
  readonly internal: string | null
  /** What is wrong with it, in the order of the fields. */
  readonly faults: readonly (RefFault | ValueFault)[]
}

/** Finds everything that a rule refers to. */
export function resolveRule(scope: RouteScope, rule: RequestRule): ResolvedRule {
  const faults: (RefFault | ValueFault)[] = []
  const attempt = <T>(make: () => T): T | null => {
    try {
      return make()
    } catch (error) {
      if (!(error instanceof RefFault || error instanceof ValueFault)) throw error
      faults.push(error)
      scope.findings.error(error.field, error.message, error.hint)
      return null
    }
  }
  const filters = attempt(() => readFilters(scope, rule.filters, rule.field))
  // Nobody gets to the services of a rule that is refused.
  if (filters === null) return { rule, filters, refs: [], mirrors: [], internal: null, faults }
  const mirrors = filters.mirrors.flatMap(({ filter, index }) => {
    const field = `${rule.field}.filters[${index}].requestMirror`
    const mirror = attempt(() => {
      const backend = backendOf(scope, filter.backendRef, `${field}.backendRef`)
      const { namespace = scope.namespace, name } = filter.backendRef
      return { index, percent: percentOf(filter, field), backend, namespace, name }
    })
    return mirror === null ? [] : [mirror]
  })
  const [first] = rule.backendRefs
  if (scope.kind === 'HTTPRoute' && first !== undefined && rule.backendRefs.length === 1 && isInternal(first)) {
    const isAllowed = attempt(() => {
      checkInternal(scope, first, `${rule.field}.backendRefs[0]`)
      return true
    })
    return { rule, filters, refs: [], mirrors, internal: isAllowed === true ? first.name : '', faults }
  }
  const refs = rule.backendRefs.map((ref, at): ResolvedRef => {
    const field = `${rule.field}.backendRefs[${at}]`
    let own: Filters | null = null
    const backend = attempt(() =>
      backendOf(scope, ref, field, () => {
        own = readFilters(scope, ref.filters, field)
        const [mirror] = own.mirrors
        if (mirror !== undefined) {
          const message = 'RequestMirror is supported for a rule, and not for one of its backends'
          throw new ValueFault(message, `${field}.filters[${mirror.index}]`, 'write it beside backendRefs')
        }
      }),
    )
    return { ref, filters: own, backend }
  })
  return { rule, filters, refs, mirrors, internal: null, faults }
}

/**
 * Adds the router of a match and what it needs (Traefik `loadHTTPRoute`, `loadGRPCRoute`), whose names all begin with
 * that of the router.
 * @returns the name
 */
export function addRequestRouter(scope: RouteScope, resolved: ResolvedRule, at: MatchPlace): string {
  const { builder } = scope
  const { rule, filters, internal } = resolved
  const { place, match, isSecure, path } = at
  const name = routerName(place, match.rule)
  if (scope.routers.has(name)) return name
  scope.routers.add(name)
  const middlewares = filters?.middlewares(name, path) ?? []
  for (const { name: middleware, element } of middlewares) {
    if (element !== null) builder.add('http.middlewares', middleware, element, rule.field)
  }
  const service =
    filters === null ? refused(scope, resolved, name) : (internal ?? weighted(scope, resolved, name, path))
  const target = service === '' ? '' : mirrored(scope, resolved, name, service)
  builder.add(
    'http.routers',
    name,
    {
      entryPoints: [place.entryPoint],
      ...(middlewares.length === 0 ? {} : { middlewares: middlewares.map((middleware) => middleware.name) }),
      ...(target === '' ? {} : { service: target }),
      rule: match.rule,
      ruleSyntax: 'default',
      priority: match.priority,
      ...(isSecure ? { tls: {} } : {}),
      ...(rule.timeouts === undefined ? {} : { timeouts: rule.timeouts }),
    },
    rule.field,
  )
  return name
}

type Member = NonNullable<NonNullable<HttpService['weighted']>['services']>[number]

/** The codes of gRPC. */
const UNAVAILABLE = 14

/** What a share of requests gets that leads nowhere. */
const refusal = ({ kind }: RouteScope): Partial<Member> =>
  kind === 'GRPCRoute' ? { grpcStatus: { code: UNAVAILABLE, msg: 'Service Unavailable' } } : { status: 500 }

function refused(scope: RouteScope, { rule }: ResolvedRule, router: string): string {
  const service = `${router}-err-wrr`
  const member = { name: `invalid-${scope.kind.toLowerCase()}-filter`, weight: 1, ...refusal(scope) }
  scope.builder.add('http.services', service, { weighted: { services: [member] } }, rule.field)
  return service
}

function weighted(scope: RouteScope, { rule, refs }: ResolvedRule, router: string, path: string): string {
  const { builder, namespace: own } = scope
  const services = refs.map(({ ref, filters, backend }, at): Member => {
    const shown = serviceName(router, ref.namespace || own, ref.name, at)
    const isQualified = ref.namespace && ref.name.includes('@') && scope.kind === 'HTTPRoute'
    const service = isQualified ? normalize(shown) : shown
    const field = `${rule.field}.backendRefs[${at}]`
    const middlewares = filters?.middlewares(service, path) ?? []
    for (const { name, element } of middlewares) {
      if (element !== null) builder.add('http.middlewares', name, element, field)
    }
    if (backend === null) return { name: service, weight: ref.weight, ...refusal(scope) }
    if ('name' in backend) return { name: backend.name, weight: ref.weight }
    addService(
      scope,
      service,
      backend,
      field,
      middlewares.map(({ name }) => name),
    )
    return { name: service, weight: ref.weight }
  })
  const name = `${router}-wrr`
  // A filter may answer by itself, as a redirection does.
  if (scope.kind === 'HTTPRoute' && services.length === 0 && rule.filters.length === 0) {
    services.push({ name: 'no-backend-refs', weight: 1, ...refusal(scope) })
  }
  builder.add('http.services', name, { weighted: { services } }, rule.field)
  return name
}

/** Octets of content; longer requests go to their service alone, and need not wait there. */
const LONGEST_MIRRORED = 2 ** 20

function mirrored(scope: RouteScope, { rule, mirrors }: ResolvedRule, router: string, main: string): string {
  if (mirrors.length === 0) return main
  const { builder } = scope
  const members = mirrors.map(({ index, percent, backend, namespace, name }) => {
    if ('name' in backend) return { name: backend.name, percent }
    const service = `${filterName(router, 'RequestMirror', index)}-svc-${namespace}-${name}`
    addService(scope, service, backend, `${rule.field}.filters[${index}]`, [])
    return { name: service, percent }
  })
  const service = `${router}-mirror`
  const mirroring = { service: main, mirrorBody: true, maxBodySize: LONGEST_MIRRORED, mirrors: members }
  builder.add('http.services', service, { mirroring }, rule.field)
  return service
}

function addService(
  { builder }: RouteScope,
  name: string,
  { servers, scheme, tls }: Exclude<Backend, { readonly name: string }>,
  field: string,
  middlewares: string[],
): void {
  if (tls !== null) builder.add('http.serversTransports', name, tls, field)
  builder.add(
    'http.services',
    name,
    {
      ...(middlewares.length === 0 ? {} : { middlewares }),
      loadBalancer: {
        ...(servers.length === 0 ? {} : { servers: servers.map((server) => ({ url: `${scheme}://${server}` })) }),
        strategy: 'wrr',
        passHostHeader: true,
        responseForwarding: { flushInterval: '100ms' },
        ...(tls === null ? {} : { serversTransport: name }),
      },
    },
    field,
  )
}
