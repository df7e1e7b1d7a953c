import type { ConfigMap, EndpointSlice, IngressClass, KubernetesObject, Node, Secret, Service } from './objects.ts'

/** Kinds by the group that they belong to; those of the core group have none. */
interface CoreKinds {
  readonly Service: Service
  readonly EndpointSlice: EndpointSlice
  readonly Secret: Secret
  readonly ConfigMap: ConfigMap
  readonly Node: Node
  readonly IngressClass: IngressClass
}

/** A kind as derivations ask for it; kinds of one name in several groups are never read by one provider. */
export type Kind = keyof CoreKinds | (string & {})

export type ObjectOf<K extends Kind> = K extends keyof CoreKinds ? CoreKinds[K] : KubernetesObject

/**
 * The objects of a cluster as they stand: what derivations read. An object that did not change is the same JavaScript
 * object from one reading to the next, so what was made of it may be kept by it.
 */
export interface World {
  /** By namespace and name. */
  list<K extends Kind>(kind: K): readonly ObjectOf<K>[]
  /** Null: there is none, or nobody may read it. @param namespace empty for objects of the cluster */
  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | null
  /** The slices of a service, the oldest first, those of one age by name. */
  slicesOf(namespace: string, service: string): readonly EndpointSlice[]
}

/** Label of a slice that names its service. */
const SERVICE_NAME = 'kubernetes.io/service-name'

/** Objects in memory, by kind. Changes show in the next reading. */
export class ObjectWorld implements World {
  readonly #kinds = new Map<string, Map<string, KubernetesObject>>()
  /** Sorted lists, until something of the kind changes. */
  readonly #lists = new Map<string, readonly KubernetesObject[]>()
  /** Slices by service, in no order. */
  readonly #slices = new Map<string, Set<EndpointSlice>>()
  /** The same in order, until something of the service changes. */
  readonly #sortedSlices = new Map<string, readonly EndpointSlice[]>()

  /** Adds an object, or puts it in the place of the one that it was. */
  set(object: KubernetesObject): void {
    const { kind } = object
    let known = this.#kinds.get(kind)
    if (known === undefined) {
      known = new Map()
      this.#kinds.set(kind, known)
    }
    const key = keyOf(object)
    const before = known.get(key)
    known.set(key, object)
    this.#lists.delete(kind)
    if (kind !== 'EndpointSlice') return
    if (before !== undefined) this.#dropSlice(before)
    const service = serviceKey(object)
    const slices = this.#slices.get(service)
    if (slices === undefined) this.#slices.set(service, new Set([object]))
    else slices.add(object)
    this.#sortedSlices.delete(service)
  }

  /** False: there was none. */
  delete(object: Pick<KubernetesObject, 'kind' | 'metadata'>): boolean {
    const known = this.#kinds.get(object.kind)
    const key = keyOf(object)
    const before = known?.get(key)
    if (known === undefined || before === undefined) return false
    known.delete(key)
    this.#lists.delete(object.kind)
    if (object.kind === 'EndpointSlice') this.#dropSlice(before)
    return true
  }

  list<K extends Kind>(kind: K): readonly ObjectOf<K>[] {
    let list = this.#lists.get(kind)
    if (list === undefined) {
      const objects = this.#kinds.get(kind) ?? NONE
      list = [...objects.keys()].sort().map((key) => objects.get(key)!)
      this.#lists.set(kind, list)
    }
    return list as readonly ObjectOf<K>[]
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | null {
    return (this.#kinds.get(kind)?.get(`${namespace}/${name}`) ?? null) as ObjectOf<K> | null
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    const key = `${namespace}/${service}`
    let sorted = this.#sortedSlices.get(key)
    if (sorted === undefined) {
      sorted = [...(this.#slices.get(key) ?? [])].sort(byAge)
      this.#sortedSlices.set(key, sorted)
    }
    return sorted
  }

  #dropSlice(slice: KubernetesObject): void {
    const service = serviceKey(slice)
    const slices = this.#slices.get(service)
    slices?.delete(slice)
    if (slices?.size === 0) this.#slices.delete(service)
    this.#sortedSlices.delete(service)
  }
}

const NONE: ReadonlyMap<string, KubernetesObject> = new Map()

const keyOf = ({ metadata: { namespace = '', name } }: Pick<KubernetesObject, 'metadata'>): string =>
  `${namespace}/${name}`

const serviceKey = ({ metadata: { namespace = '', labels } }: KubernetesObject): string =>
  `${namespace}/${labels?.[SERVICE_NAME] ?? ''}`

function byAge(a: EndpointSlice, b: EndpointSlice): number {
  const [first = '', second = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp]
  if (first !== second) return first < second ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : 1
}
