import { isSame } from '../../../../plan/same.ts'
import type { EndpointSlice, KubernetesObject } from '../objects.ts'
import type { Kind, ObjectOf, World } from '../world.ts'
import type { GatewayPart } from './gateway-part.ts'
import { type GatewayListeners, LISTENERS } from './listener.ts'
import { rankIn, ranksOf } from './listener-ranks.ts'

/** Name of the kind of `ServicePolicies`. */
export const POLICIES = 'ServicePolicies'

/** The policies that name a service, by age: the same object for as long as they are the same. */
export interface ServicePolicies extends KubernetesObject {
  readonly policies: readonly KubernetesObject[]
}

/**
 * A world in which the listeners of Gateways and the policies of services are objects too. Routes hang on them, and not
 * on a Gateway or on all policies: the status of those changes with every route.
 */
export class GatewayWorld implements World {
  #world: World | null = null
  #listeners = new Map<string, GatewayListeners>()
  #listenersList: readonly GatewayListeners[] = []
  #policiesList: readonly KubernetesObject[] = []
  #policies = new Map<string, ServicePolicies>()

  /** Begins a derivation. */
  look(world: World): void {
    this.#world = world
    const all = world.list('BackendTLSPolicy')
    if (all === this.#policiesList) return
    this.#policiesList = all
    this.#policies = this.#byService(all)
  }

  /** Takes the Gateways over, once they are derived. @param parts in the order of the objects */
  attach(gateways: readonly KubernetesObject[], parts: readonly GatewayPart[]): void {
    const before = this.#listeners
    const ranks = ranksOf(parts.flatMap(({ listeners }) => listeners?.map(({ listener }) => listener) ?? []))
    const next = new Map<string, GatewayListeners>()
    gateways.forEach(({ metadata: { namespace = '', name } }, at) => {
      const states = parts[at]!.listeners
      const key = `${namespace}/${name}`
      const made = {
        apiVersion: '',
        kind: LISTENERS,
        metadata: { namespace, name },
        listeners: states?.map(({ listener }) => ({ ...listener, rank: rankIn(ranks, listener) })) ?? null,
      }
      const old = before.get(key)
      next.set(key, old !== undefined && isSame(old, made) ? old : made)
    })
    const list = [...next.values()]
    const isUnchanged =
      list.length === this.#listenersList.length && list.every((one, at) => one === this.#listenersList[at])
    if (!isUnchanged) this.#listenersList = list
    this.#listeners = next
  }

  list<K extends Kind>(kind: K): readonly ObjectOf<K>[] {
    if (kind === LISTENERS) return this.#listenersList as readonly KubernetesObject[] as readonly ObjectOf<K>[]
    return this.#world!.list(kind === POLICIES ? ('BackendTLSPolicy' as K) : kind)
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | null {
    const key = `${namespace}/${name}`
    if (kind === LISTENERS) return (this.#listeners.get(key) ?? null) as ObjectOf<K> | null
    if (kind === POLICIES) return (this.#policies.get(key) ?? null) as ObjectOf<K> | null
    return this.#world!.get(kind, namespace, name)
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    return this.#world!.slicesOf(namespace, service)
  }

  #byService(all: readonly KubernetesObject[]): Map<string, ServicePolicies> {
    const grouped = new Map<string, KubernetesObject[]>()
    for (const policy of [...all].sort(byAge)) {
      const { namespace = '' } = policy.metadata
      for (const name of servicesOf(policy)) {
        const key = `${namespace}/${name}`
        const group = grouped.get(key)
        if (group === undefined) grouped.set(key, [policy])
        else group.push(policy)
      }
    }
    const made = new Map<string, ServicePolicies>()
    for (const [key, policies] of grouped) {
      const [namespace = '', name = ''] = key.split('/')
      const old = this.#policies.get(key)
      const isUnchanged =
        old?.policies.length === policies.length && policies.every((policy, at) => policy === old.policies[at])
      made.set(key, isUnchanged ? old : { apiVersion: '', kind: POLICIES, metadata: { namespace, name }, policies })
    }
    return made
  }
}

/** Names of services that a policy is about, each once. */
function servicesOf({ spec }: KubernetesObject): ReadonlySet<string> {
  const { targetRefs } = (spec ?? {}) as { readonly targetRefs?: unknown }
  const names = new Set<string>()
  for (const ref of Array.isArray(targetRefs) ? targetRefs : []) {
    const { group = '', kind, name } = (ref ?? {}) as Readonly<Record<string, unknown>>
    if ((group === '' || group === 'core') && kind === 'Service' && typeof name === 'string') names.add(name)
  }
  return names
}

function byAge({ metadata: a }: KubernetesObject, { metadata: b }: KubernetesObject): number {
  const [first = '', second = ''] = [a.creationTimestamp, b.creationTimestamp]
  if (first !== second) return first < second ? -1 : 1
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return 0
}
