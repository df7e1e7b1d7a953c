import { atOnce, type Steps } from '../../../../http/steps.ts'
import type { Origin } from '../../../../plan/problem.ts'
import { isSame } from '../../../../plan/same.ts'
import { Assembly } from '../assembly.ts'
import { Suggestions } from '../findings.ts'
import { KindWatch } from '../noted-world.ts'
import type { KubernetesObject } from '../objects.ts'
import { PartMemory } from '../part-memory.ts'
import type { ElementMap } from '../parts.ts'
import type { DerivedWithStatus, SharedStatus, StatusUpdate } from '../status.ts'
import type { World } from '../world.ts'
import { addressesOf } from './addresses.ts'
import { CONTROLLER, condition, holds } from './conditions.ts'
import { denials } from './denials.ts'
import { FEATURES } from './features.ts'
import { controllerOf, deriveGateway, type GatewayPart, WAY_OUT } from './gateway-part.ts'
import { GatewayWorld } from './gateway-world.ts'
import { type GatewayListeners, LISTENERS } from './listener.ts'
import type { GatewayOptions, RouteKind } from './options.ts'
import { derivePolicy, type PolicyPart } from './policy-part.ts'
import { deriveRoute, type RoutePart } from './route-part.ts'
import { type SettledRoute, Settlement } from './settlement.ts'

const ROUTES: readonly RouteKind[] = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute']

/**
 * What objects of the Gateway API say (Traefik v3.7 `pkg/provider/kubernetes/gateway`), and what their status should be.
 * It remembers what was made of each: a change costs what hangs on it, and elements that did not change are the same
 * objects as in the derivation before.
 */
export class GatewayDerivation {
  readonly #options: GatewayOptions
  readonly #world = new GatewayWorld()
  readonly #gateways: PartMemory<GatewayPart>
  readonly #routes: readonly { readonly kind: RouteKind; readonly memory: PartMemory<RoutePart> }[]
  readonly #policies: PartMemory<PolicyPart>
  readonly #settlement = new Settlement()
  readonly #kinds = new KindWatch()
  readonly #suggestions: Suggestions
  #assembly = new Assembly(WAY_OUT)
  #statuses = new Map<string, StatusUpdate>()
  #shared: SharedStatus | null = null

  constructor(options: GatewayOptions) {
    this.#options = options
    this.#suggestions = new Suggestions(options.isPartial !== true)
    this.#gateways = new PartMemory((object, world, before) => deriveGateway(object, world, before, options))
    this.#policies = new PartMemory((object, world, before) => derivePolicy(object, world, before))
    this.#routes = ROUTES.filter((kind) => kind !== 'TCPRoute' || options.experimentalChannel === true).map((kind) => ({
      kind,
      memory: new PartMemory((object, world, before) => deriveRoute(kind, object, world, before, options)),
    }))
  }

  /** Everything that the objects say; nothing there clears what was in force. */
  derive(world: World): DerivedWithStatus {
    return atOnce(this.steps(world))
  }

  /** The same, with pauses in which the world stays as it is. */
  *steps(world: World): Steps<DerivedWithStatus> {
    const assembly = new Assembly(WAY_OUT, this.#assembly)
    this.#world.look(world)
    const isAsBefore = this.#kinds.look(this.#world)
    const gateways = world.list('Gateway')
    const gatewayParts = yield* this.#gateways.parts(gateways, this.#world, isAsBefore)
    this.#world.attach(gateways, gatewayParts)
    yield* assembly.add(gatewayParts)
    const candidates: { readonly object: KubernetesObject; readonly part: RoutePart }[] = []
    for (const { kind, memory } of this.#routes) {
      const objects = world.list(kind)
      const parts = yield* memory.parts(objects, this.#world, isAsBefore)
      for (const [at, part] of parts.entries()) candidates.push({ object: objects[at]!, part })
    }
    const routes = yield* this.#settlement.settle(candidates)
    yield* assembly.add(routes.map(({ part }) => part))
    const listeners = this.#world.list(LISTENERS) as readonly GatewayListeners[]
    yield* assembly.add(denials(listeners, routes))
    const policies = world.list('BackendTLSPolicy')
    const policyParts = yield* this.#policies.parts(policies, this.#world, isAsBefore)
    yield* assembly.add(policyParts)
    this.#assembly = assembly
    const { config, findings } = assembly.finish()
    const { addresses, findings: more } = addressesOf(world, this.#options)
    const shared = this.#sharedBy(gateways, gatewayParts)
    const statuses = [
      ...classStatuses(world),
      ...gatewayStatuses(gateways, gatewayParts, countsOf(routes), addresses),
      ...routeStatuses(routes, shared),
      ...policyStatuses(policies, policyParts, routes, shared),
    ]
    return {
      config,
      problems: this.#suggestions.problems([...findings, ...more], world),
      statuses: yield* this.#asBefore(statuses),
    }
  }

  /** What an element of the last derivation was made of: `http`, `routers`, `httproute-…`; null: there is none. */
  originOf(section: string, kind: string, name: string): Origin | null {
    return this.#assembly.originOf(`${section}.${kind}` as ElementMap, name)
  }

  /** The same object for as long as it says the same. */
  #sharedBy(gateways: readonly KubernetesObject[], parts: readonly GatewayPart[]): SharedStatus {
    const shared = {
      controllerName: CONTROLLER,
      strangers: gateways.flatMap((gateway, at) => (parts[at]!.listeners === null ? [placeOf(gateway)] : [])),
      namespaces: this.#options.namespaces ?? [],
    }
    if (this.#shared === null || !isSame(this.#shared, shared)) this.#shared = shared
    return this.#shared
  }

  /** Who writes them looks once at those that are the same objects as before. */
  *#asBefore(updates: readonly StatusUpdate[]): Steps<readonly StatusUpdate[]> {
    const next = new Map<string, StatusUpdate>()
    for (const update of updates) {
      const key = `${update.object.kind} ${placeOf(update.object)}`
      const before = this.#statuses.get(key)
      const isUnchanged =
        before?.object === update.object && before.shared === update.shared && isEqual(before.status, update.status)
      next.set(key, isUnchanged ? before : update)
      yield
    }
    this.#statuses = next
    return [...next.values()]
  }
}

/** What is settled as before is the same object. */
const isEqual = (before: StatusUpdate['status'], after: StatusUpdate['status']): boolean =>
  Object.keys(after).every((field) => before[field] === after[field]) || isSame(before, after)

/** The same without a memory. */
export const deriveGateways = (world: World, options: GatewayOptions): DerivedWithStatus =>
  new GatewayDerivation(options).derive(world)

const placeOf = ({ metadata: { namespace = '', name } }: KubernetesObject): string => `${namespace}/${name}`

const classStatuses = (world: World): readonly StatusUpdate[] =>
  world
    .list('GatewayClass')
    .filter((gatewayClass) => controllerOf(gatewayClass) === CONTROLLER)
    .map((object) => ({
      object,
      status: {
        conditions: [
          condition(object, 'Accepted', holds('Accepted', 'Handled by Signalbox')),
          condition(object, 'SupportedVersion', holds('SupportedVersion', 'v1 of the Gateway API')),
        ],
        supportedFeatures: FEATURES.map((name) => ({ name })),
      },
    }))

/** Routes by the listener that they are attached to. */
function countsOf(routes: readonly SettledRoute[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { attached } of routes) for (const key of attached) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

function gatewayStatuses(
  gateways: readonly KubernetesObject[],
  parts: readonly GatewayPart[],
  counts: ReadonlyMap<string, number>,
  addresses: readonly object[],
): readonly StatusUpdate[] {
  return gateways.flatMap((object, at) => {
    const { listeners, conditions } = parts[at]!
    if (listeners === null) return []
    const shown = listeners.map(({ listener: { name }, supportedKinds, conditions }) => ({
      name,
      supportedKinds,
      attachedRoutes: counts.get(`${placeOf(object)}/${name}`) ?? 0,
      conditions,
    }))
    return [{ object, status: { addresses, conditions, listeners: shown } }]
  })
}

const routeStatuses = (routes: readonly SettledRoute[], shared: SharedStatus): readonly StatusUpdate[] =>
  routes.flatMap(({ object, parents }) =>
    parents.length === 0 && !hasEntries(object, 'parents') ? [] : [{ object, status: { parents }, shared }],
  )

/** Whether the status says something of ours, which may be out of date. */
function hasEntries({ status }: KubernetesObject, field: 'parents' | 'ancestors'): boolean {
  const entries = (status as Readonly<Record<string, unknown>> | undefined)?.[field]
  return Array.isArray(entries) && entries.some((entry) => entry?.controllerName === CONTROLLER)
}

/** The API server takes no more of them. */
const MOST_ANCESTORS = 16

function policyStatuses(
  policies: readonly KubernetesObject[],
  parts: readonly PolicyPart[],
  routes: readonly SettledRoute[],
  shared: SharedStatus,
): readonly StatusUpdate[] {
  const gateways = new Map<string, Set<string>>()
  for (const route of routes) {
    for (const policy of route.policies) {
      const known = gateways.get(policy) ?? new Set()
      for (const gateway of route.gateways) known.add(gateway)
      gateways.set(policy, known)
    }
  }
  return policies.flatMap((object, at) => {
    const { conditions, winner } = parts[at]!
    // One that comes second is about what the first one is about.
    const found = [...(gateways.get(winner ?? placeOf(object)) ?? [])].sort().slice(0, MOST_ANCESTORS)
    if (found.length === 0 && !hasEntries(object, 'ancestors')) return []
    const ancestors = found.map((gateway) => {
      const [namespace, name] = gateway.split('/')
      const ancestorRef = { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace, name }
      return { ancestorRef, controllerName: CONTROLLER, conditions }
    })
    return [{ object, status: { ancestors }, shared }]
  })
}
