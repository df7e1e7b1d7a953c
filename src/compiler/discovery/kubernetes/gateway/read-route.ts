import { formatDuration, parseDuration } from '../../../../schema/duration.ts'
import type { HttpRouter } from '../../../dynamic/http.ts'
import { readSpec, type Spec } from '../spec.ts'
import { addRequestRouter, type RequestRule, resolveRule } from './http-rule.ts'
import type { Listener } from './listener.ts'
import { RANK_STEP } from './listener-ranks.ts'
import { grpcMatchRule, httpMatchRule, type MatchRule, sniRule } from './match-rules.ts'
import type { RulePlace } from './names.ts'
import type { IndexedRef } from './route-part.ts'
import { type RefFault, type RouteScope, ValueFault } from './route-scope.ts'
import {
  type GrpcRouteSpec,
  type GrpcRule,
  grpcRouteSpec,
  type HttpMatch,
  type HttpRouteSpec,
  type HttpRule,
  httpRouteSpec,
  type ParentRef,
  type StreamRouteSpec,
  tcpRouteSpec,
  tlsRouteSpec,
} from './specs.ts'
import { addStreamRouter, resolveStreamRule } from './stream-rule.ts'

/** A route as it is written. */
export interface ReadRoute {
  readonly parentRefs: readonly IndexedRef[]
  readonly hostnames: readonly string[]
  /** Looks at everything that it refers to. */
  readonly resolve: () => ResolvedRoute
}

/** A route with everything that it refers to. */
export interface ResolvedRoute {
  readonly faults: readonly (RefFault | ValueFault)[]
  /** Whether none of its rules can be served as it is meant. */
  readonly isWhollyInvalid: boolean
  /** Builds what requests at a listener need. */
  readonly serve: (at: ServedAt) => readonly BuiltRouter[]
}

/** A router of a route. Of those that take the same, one is served. */
export interface BuiltRouter {
  readonly name: string
  /** What it takes, and where. */
  readonly key: string
  readonly rule: string
  /** `spec.rules[0]` */
  readonly field: string
}

/** A listener that takes a route. */
export interface ServedAt {
  readonly gateway: string
  readonly gatewayNamespace: string
  readonly listener: Listener
  /** Those of both; empty: all. */
  readonly hostnames: readonly string[]
}

export function readRoute(scope: RouteScope): ReadRoute {
  switch (scope.kind) {
    case 'HTTPRoute': {
      const spec = readSpec(httpRouteSpec, scope.route, scope.findings)
      return read(scope, spec, (rules) => resolveHttp(scope, spec, rules))
    }
    case 'GRPCRoute': {
      const spec = readSpec(grpcRouteSpec, scope.route, scope.findings)
      return read(scope, spec, (rules) => resolveGrpc(scope, rules))
    }
    case 'TLSRoute': {
      const spec = readSpec(tlsRouteSpec, scope.route, scope.findings)
      return read(scope, spec, (rules) => resolveStream(scope, rules))
    }
    case 'TCPRoute': {
      const spec = readSpec(tcpRouteSpec, scope.route, scope.findings)
      return read(scope, spec, (rules) => resolveStream(scope, rules))
    }
  }
}

/** A rule that could be read, with its place. */
interface IndexedRule<R> {
  readonly rule: R
  readonly index: number
  /** `spec.rules[0]` */
  readonly field: string
}

type Rules<S> = S extends { rules: readonly (infer R)[] } ? readonly IndexedRule<R>[] : never

interface RouteFields {
  readonly parentRefs: readonly ParentRef[]
  readonly hostnames?: readonly string[]
  readonly rules: readonly unknown[]
}

function read<S extends RouteFields>(
  { route }: RouteScope,
  { value, isSound }: Spec<S>,
  resolve: (rules: Rules<S>) => ResolvedRoute,
): ReadRoute {
  const { parentRefs: raw } = (route.spec ?? {}) as { readonly parentRefs?: readonly unknown[] }
  return {
    parentRefs: value.parentRefs.flatMap((ref: ParentRef | undefined, at) => {
      const field = `spec.parentRefs[${at}]`
      return ref !== undefined && isSound(field) ? [{ ref, raw: raw?.[at], field }] : []
    }),
    hostnames: (value.hostnames ?? []).filter((hostname: string | undefined) => hostname !== undefined),
    resolve: () => {
      // What is left of host names that can't be read could be all hosts.
      const isReadable = isSound('spec.hostnames')
      const rules = value.rules.flatMap((rule, index) => {
        const field = `spec.rules[${index}]`
        return isReadable && rule !== undefined && isSound(field) ? [{ rule, index, field }] : []
      })
      const resolved = resolve(rules as unknown as Rules<S>)
      if (isReadable && rules.length === value.rules.length) return resolved
      const fault = new ValueFault('a part of it can’t be read', isReadable ? 'spec.rules' : 'spec.hostnames')
      return {
        ...resolved,
        faults: [...resolved.faults, fault],
        isWhollyInvalid: resolved.isWhollyInvalid || rules.length === 0,
      }
    },
  }
}

const EVERYTHING: HttpMatch = { path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] }

type Rule = IndexedRule<HttpRule> | IndexedRule<GrpcRule>

function resolveHttp(scope: RouteScope, { value }: Spec<HttpRouteSpec>, rules: Rules<HttpRouteSpec>): ResolvedRoute {
  return resolveRequests(scope, rules, ({ rule, index }, hostnames) => {
    const matches = rule.matches.length === 0 ? [EVERYTHING] : rule.matches
    return matches.map((match) => {
      const made = httpMatchRule(hostnames, match)
      // Of two rules that are alike the first one of the route wins.
      return { match: { ...made, priority: made.priority + value.rules.length - index }, path: match.path.value }
    })
  })
}

function resolveGrpc(scope: RouteScope, rules: Rules<GrpcRouteSpec>): ResolvedRoute {
  return resolveRequests(scope, rules, ({ rule }, hostnames) => {
    const matches = rule.matches.length === 0 ? [{ headers: [] }] : rule.matches
    return matches.map((match) => ({ match: grpcMatchRule(hostnames, match), path: '/' }))
  })
}

type MatchesOf<R> = (
  rule: R,
  hostnames: readonly string[],
) => readonly { readonly match: MatchRule; readonly path: string }[]

function resolveRequests<R extends Rule>(
  scope: RouteScope,
  rules: readonly R[],
  matchesOf: MatchesOf<R>,
): ResolvedRoute {
  const faults: (RefFault | ValueFault)[] = []
  const resolved = rules.map((indexed) => {
    const { rule, index, field } = indexed
    const request: RequestRule = {
      index,
      field,
      filters: rule.filters,
      backendRefs: rule.backendRefs,
      timeouts: timeoutsOf(scope, rule, field, faults),
    }
    tellUnsupported(scope, rule, field)
    const one = resolveRule(scope, request)
    faults.push(...one.faults)
    return { indexed, one }
  })
  return {
    faults,
    isWhollyInvalid: resolved.length > 0 && resolved.every(({ one }) => one.filters === null),
    serve: ({ listener, hostnames, ...gateway }) =>
      resolved.flatMap(({ indexed, one }) => {
        const place = placeOf(scope, gateway, listener, indexed.index)
        const isSecure = listener.protocol === 'HTTPS'
        return matchesOf(indexed, hostnames).map(({ match, path }) => ({
          name: addRequestRouter(scope, one, { place, match, path, isSecure }),
          key: keyOf('http', listener, match.rule),
          rule: match.rule,
          field: indexed.field,
        }))
      }),
  }
}

function resolveStream(scope: RouteScope, rules: Rules<StreamRouteSpec>): ResolvedRoute {
  const resolved = rules.map(({ rule, index, field }) =>
    resolveStreamRule(scope, { index, field, backendRefs: rule.backendRefs }),
  )
  return {
    faults: resolved.flatMap(({ faults }) => faults),
    isWhollyInvalid: false,
    serve: ({ listener, hostnames, ...gateway }) => {
      const isTls = scope.kind === 'TLSRoute'
      const match = isTls ? ranked(sniRule(hostnames), listener) : { rule: 'HostSNI("*")', priority: 0 }
      const tls = isTls ? { passthrough: listener.isPassthrough } : null
      // Of routes at listeners of other ranks none is in the way.
      const key = keyOf(isTls ? `tls ${listener.rank}` : 'tcp', listener, match.rule)
      return resolved.flatMap((one) => {
        const place = placeOf(scope, gateway, listener, one.rule.index)
        const name = addStreamRouter(scope, one, { place, match, tls })
        return name === null ? [] : [{ name, key, rule: match.rule, field: one.rule.field }]
      })
    },
  }
}

const ranked = ({ rule, priority }: MatchRule, { rank }: Listener): MatchRule => ({
  rule,
  priority: priority + rank * RANK_STEP,
})

const keyOf = (section: string, { entryPoint }: Listener, rule: string): string => `${section} ${entryPoint} ${rule}`

const placeOf = (
  { kind, namespace, route }: RouteScope,
  { gateway, gatewayNamespace }: Pick<ServedAt, 'gateway' | 'gatewayNamespace'>,
  { entryPoint }: Listener,
  index: number,
): RulePlace => ({ kind, namespace, name: route.metadata.name, gateway, gatewayNamespace, entryPoint, index })

/** Fields of rules that nothing is done with. */
const UNSUPPORTED = ['retry', 'sessionPersistence'] as const

function tellUnsupported({ findings }: RouteScope, rule: HttpRule | GrpcRule, field: string): void {
  for (const name of UNSUPPORTED) {
    if ((rule as Partial<Record<string, unknown>>)[name] === undefined) continue
    findings.warn(`${field}.${name}`, `${name} is not supported: the rule is served without it`)
  }
}

/**
 * The time for the answer as a whole, and for what the server takes to begin it: a request is sent to one server only, so
 * that what is for the server is for the request.
 */
function timeoutsOf(
  { findings }: RouteScope,
  rule: HttpRule | GrpcRule,
  field: string,
  faults: (RefFault | ValueFault)[],
): HttpRouter['timeouts'] {
  const { request, backendRequest } = ('timeouts' in rule ? rule.timeouts : undefined) ?? {}
  const read = (given: string | undefined, name: string): string | null => {
    if (given === undefined) return null
    try {
      const nanoseconds = parseDuration(given)
      return nanoseconds > 0n ? formatDuration(nanoseconds) : null
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const fault = new ValueFault(message, `${field}.timeouts.${name}`)
      findings.error(fault.field, message)
      faults.push(fault)
      return null
    }
  }
  const total = read(request, 'request')
  const responseHeader = read(backendRequest, 'backendRequest')
  if (total === null && responseHeader === null) return undefined
  return { ...(responseHeader === null ? {} : { responseHeader }), ...(total === null ? {} : { total }) }
}
