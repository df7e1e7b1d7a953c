import { Findings } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'
import { type Part, PartBuilder } from '../parts.ts'
import type { World } from '../world.ts'
import { fails, type Verdict } from './conditions.ts'
import { WAY_OUT } from './gateway-part.ts'
import { commonHostnames, type GatewayListeners, LISTENERS, type Listener, takes } from './listener.ts'
import type { GatewayOptions, RouteKind } from './options.ts'
import { type BuiltRouter, type ResolvedRoute, readRoute } from './read-route.ts'
import { RefFault, type RouteScope } from './route-scope.ts'
import { GROUP, type ParentRef } from './specs.ts'

/** What a route brings; of several routes that want the same, one gets it: see `Settlement`. */
export interface RoutePart extends Part {
  readonly kind: RouteKind
  /** One for each reference to a Gateway of ours. */
  readonly parents: readonly ParentPart[]
  /** Policies that count for it: `namespace/name`. */
  readonly policies: readonly string[]
  /** What is wrong with what it refers to; null: nothing. */
  readonly refFault: Verdict | null
  /** What it asks for and is not to be had; null: nothing. */
  readonly valueFault: Verdict | null
  /** Whether none of its rules can be served as it is meant. */
  readonly isWhollyInvalid: boolean
}

/** A Gateway of ours that a route refers to, and what came of it. */
export interface ParentPart {
  /** `namespace/name` */
  readonly gateway: string
  /** As it is written. */
  readonly parentRef: unknown
  readonly field: string
  /** Why no listener takes it, while none does. */
  readonly refusal: Verdict
  readonly hint: string
  readonly attachments: readonly Attachment[]
}

/** A listener that takes a route. */
export interface Attachment {
  /** `namespace/gateway/listener` */
  readonly listener: string
  readonly entryPoint: string
  /** Whether anything comes in there. */
  readonly isServed: boolean
  /** Those of both; empty: all. */
  readonly hostnames: readonly string[]
  readonly routers: readonly BuiltRouter[]
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
  const collected = { routers: new Set<string>(), policies: new Set<string>() }
  const scope: RouteScope = { kind, route: object, world, namespace, findings, options, builder, ...collected }
  const route = readRoute(scope)
  const refs = parentsOf(scope, route.parentRefs)
  // Nobody asks for a route of others.
  const resolved = refs.length === 0 && options.isPartial !== true ? NOTHING : route.resolve()
  // A router that comes in by several listeners is that of the narrowest one.
  const narrowestFirst = [...refs].sort((a, b) => rankOf(b) - rankOf(a))
  const attached = new Map(
    narrowestFirst.map((parent) => [parent, attach(scope, parent, route.hostnames, resolved.serve)]),
  )
  const parents = refs.map((parent) => attached.get(parent)!)
  const [ref] = resolved.faults.filter((fault) => fault instanceof RefFault)
  const [value] = resolved.faults.filter((fault) => !(fault instanceof RefFault))
  return {
    ...builder.build(before),
    kind,
    parents,
    policies: [...collected.policies],
    refFault: ref === undefined ? null : fails(ref.reason, ref.message),
    valueFault: value === undefined ? null : fails('UnsupportedValue', value.message),
    isWhollyInvalid: resolved.isWhollyInvalid,
  }
}

const NOTHING: ResolvedRoute = { faults: [], isWhollyInvalid: false, serve: () => [] }

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

const isMeant = ({ sectionName = '', port }: ParentRef, listener: Listener): boolean =>
  (sectionName === '' || sectionName === listener.name) && (port === undefined || port === listener.port)

const rankOf = ({ ref, listeners }: Parent): number =>
  Math.max(0, ...listeners.filter((listener) => isMeant(ref, listener)).map(({ rank }) => rank))

/** Which listeners take a route (Traefik `loadHTTPRoutes`). */
function attach(
  { kind, namespace }: RouteScope,
  { ref, raw, field, listeners, namespace: gatewayNamespace }: Parent,
  routeHostnames: readonly string[],
  serve: ResolvedRoute['serve'],
): ParentPart {
  const attachments: Attachment[] = []
  const place = `${gatewayNamespace}/${ref.name}`
  const gateway = `Gateway ${place}`
  let refusal = fails('NoMatchingParent', `no listener of ${gateway} is meant`)
  let hint = `its listeners: ${listeners.map(({ name, port }) => `${name} (${port})`).join(', ')}`
  for (const listener of [...listeners].sort((a, b) => b.rank - a.rank)) {
    if (!isMeant(ref, listener)) continue
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
    const { isServed, entryPoint } = listener
    const routers = isServed ? serve({ gateway: ref.name, gatewayNamespace, listener, hostnames }) : []
    attachments.push({ listener: `${place}/${listener.name}`, entryPoint, isServed, hostnames, routers })
    if (isServed) continue
    refusal = fails('NoMatchingParent', `listener ${listener.name} of ${gateway} is not served`)
    hint = `see the problems of ${gateway}`
  }
  return { gateway: place, parentRef: raw, field, refusal, hint, attachments }
}
