import { Findings } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'
import { type Part, PartBuilder } from '../parts.ts'
import type { World } from '../world.ts'
import { CONTROLLER, type Condition, condition, fails, holds, type Verdict } from './conditions.ts'
import { WAY_OUT } from './gateway-part.ts'
import { commonHostnames, type GatewayListeners, LISTENERS, type Listener, takes } from './listener.ts'
import type { GatewayOptions, RouteKind } from './options.ts'
import { readRoute } from './read-route.ts'
import { RefFault, type RouteScope } from './route-scope.ts'
import { GROUP, type ParentRef } from './specs.ts'

/** What a route brings. */
export interface RoutePart extends Part {
  /** One for each reference to a Gateway of ours. */
  readonly parents: readonly ParentStatus[]
  /** Listeners that it is attached to: `namespace/gateway/listener`. */
  readonly attached: readonly string[]
  /** Policies that count for it, and the Gateways that it is attached to: `namespace/name`. */
  readonly policies: readonly string[]
  readonly gateways: readonly string[]
  /** Entry points on which it takes connections by their server name. */
  readonly tlsEntryPoints: readonly string[]
}

/** What the status of a route says of one of its parents. */
export interface ParentStatus {
  readonly parentRef: unknown
  readonly controllerName: string
  readonly conditions: readonly Condition[]
}

/** A Gateway of ours that a route refers to. */
interface Parent {
  readonly ref: ParentRef
  readonly field: string
  /** As it is written. */
  readonly raw: unknown
  readonly namespace: string
  readonly listeners: readonly Listener[]
}

/** @param before what the object brought as it was */
export function deriveRoute(
  kind: RouteKind,
  object: KubernetesObject,
  world: World,
  before: Part | null,
  options: GatewayOptions,
): RoutePart {
  const findings = new Findings(object)
  const builder = new PartBuilder(findings, WAY_OUT)
  const namespace = object.metadata.namespace ?? ''
  const scope: RouteScope = { kind, route: object, world, namespace, findings, options, builder, policies: new Set() }
  const route = readRoute(scope)
  const parents = parentsOf(scope, route.parentRefs)
  const attached = new Set<string>()
  const gateways = new Set<string>()
  const tlsEntryPoints = new Set<string>()
  const statuses: ParentStatus[] = []
  const rules = parents.length === 0 ? null : route.resolve()
  for (const parent of parents) {
    const gateway = `${parent.namespace}/${parent.ref.name}`
    const { served, verdict } = attach(scope, parent, route.hostnames, (listener) =>
      attached.add(`${gateway}/${listener.name}`),
    )
    for (const { listener, hostnames } of served) {
      rules!.serve({ gateway: parent.ref.name, gatewayNamespace: parent.namespace, listener, hostnames })
      gateways.add(gateway)
      if (kind === 'TLSRoute') tlsEntryPoints.add(listener.entryPoint)
    }
    statuses.push({
      parentRef: parent.raw,
      controllerName: CONTROLLER,
      conditions: conditionsOf(object, verdict, rules!.faults, rules!.isWhollyInvalid),
    })
  }
  return {
    ...builder.build(before),
    parents: statuses,
    attached: [...attached],
    policies: [...scope.policies],
    gateways: [...gateways],
    tlsEntryPoints: [...tlsEntryPoints],
  }
}

function parentsOf({ world, namespace: own, findings }: RouteScope, refs: readonly IndexedRef[]): readonly Parent[] {
  return refs.flatMap(({ ref, raw, field }) => {
    if (ref.group !== GROUP || ref.kind !== 'Gateway') return []
    const namespace = ref.namespace || own
    const gateway = world.get(LISTENERS, namespace, ref.name) as GatewayListeners | null
    if (gateway === null) {
      const hint = { kind: 'Gateway', namespace, name: ref.name }
      findings.warn(`${field}.name`, `Gateway ${namespace}/${ref.name} does not exist`, hint)
      return []
    }
    return gateway.listeners === null ? [] : [{ ref, field, raw, namespace, listeners: gateway.listeners }]
  })
}

/** A reference to a parent, with its place. */
export interface IndexedRef {
  readonly ref: ParentRef
  readonly raw: unknown
  /** `spec.parentRefs[0]` */
  readonly field: string
}

interface Served {
  readonly listener: Listener
  readonly hostnames: readonly string[]
}

/** Which listeners take a route, and what its status says of that (Traefik `loadHTTPRoutes`). */
function attach(
  { kind, namespace, findings }: RouteScope,
  { ref, field, listeners, namespace: gatewayNamespace }: Parent,
  routeHostnames: readonly string[],
  attached: (listener: Listener) => void,
): { readonly served: readonly Served[]; readonly verdict: Verdict } {
  const served: Served[] = []
  const gateway = `Gateway ${gatewayNamespace}/${ref.name}`
  let refusal = fails('NoMatchingParent', `no listener of ${gateway} is meant`)
  let hint = `its listeners: ${listeners.map(({ name, port }) => `${name} (${port})`).join(', ')}`
  for (const listener of listeners) {
    if ((ref.sectionName ?? '') !== '' && ref.sectionName !== listener.name) continue
    if (ref.port !== undefined && ref.port !== listener.port) continue
    if (!takes(listener, kind, namespace)) {
      const message = `listener ${listener.name} of ${gateway} takes no ${kind} of namespace ${namespace}`
      refusal = fails('NotAllowedByListeners', message)
      hint = 'see allowedRoutes of the listener'
      continue
    }
    const hostnames = commonHostnames(listener.hostname, routeHostnames)
    if (hostnames === null) {
      const message = `listener ${listener.name} of ${gateway} is for ${listener.hostname}, and no host name of the route is`
      refusal = fails('NoMatchingListenerHostname', message)
      hint = `the route is for ${routeHostnames.slice(0, 10).join(', ')}`
      continue
    }
    attached(listener)
    if (listener.isServed) served.push({ listener, hostnames })
    else {
      refusal = fails('NoMatchingParent', `listener ${listener.name} of ${gateway} is not served`)
      hint = `see the problems of ${gateway}`
    }
  }
  if (served.length > 0) return { served, verdict: holds('Accepted') }
  findings.warn(field, `the route is not attached: ${refusal.message}`, hint)
  return { served, verdict: refusal }
}

type Faults = readonly { readonly message: string }[]

function conditionsOf(
  route: KubernetesObject,
  attached: Verdict,
  faults: Faults,
  isWhollyInvalid: boolean,
): readonly Condition[] {
  const [ref] = faults.filter((fault) => fault instanceof RefFault)
  const [value] = faults.filter((fault) => !(fault instanceof RefFault))
  const unsupported = value === undefined ? null : fails('UnsupportedValue', value.message)
  const accepted = attached.isTrue && unsupported !== null && isWhollyInvalid ? unsupported : attached
  return [
    condition(route, 'Accepted', accepted),
    condition(route, 'ResolvedRefs', ref === undefined ? holds('ResolvedRefs') : fails(ref.reason, ref.message)),
    ...(unsupported === null || isWhollyInvalid
      ? []
      : [condition(route, 'PartiallyInvalid', { ...unsupported, isTrue: true })]),
  ]
}
