import type { EndpointSlice, KubernetesObject } from './objects.ts'
import type { Kind, ObjectOf, World } from './world.ts'

/** An object that was asked for, and what was there. */
interface Asked {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
  readonly object: KubernetesObject | null
}

/** The slices of a service, as they were. */
interface AskedSlices {
  readonly namespace: string
  readonly service: string
  readonly slices: readonly EndpointSlice[]
}

/**
 * A world that notes what is read of it: what was made of it is good for as long as the same would be read again.
 */
export class NotedWorld implements World {
  readonly #world: World
  readonly #lists = new Map<Kind, readonly KubernetesObject[]>()
  readonly #objects: Asked[] = []
  readonly #slices: AskedSlices[] = []

  constructor(world: World) {
    this.#world = world
  }

  list<K extends Kind>(kind: K): readonly ObjectOf<K>[] {
    const list = this.#world.list(kind)
    this.#lists.set(kind, list)
    return list
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | null {
    const object = this.#world.get(kind, namespace, name)
    this.#objects.push({ kind, namespace, name, object })
    return object
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    const slices = this.#world.slicesOf(namespace, service)
    this.#slices.push({ namespace, service, slices })
    return slices
  }

  /**
   * Whether everything that has been read is the same in that world.
   * @param isAsBefore whether all objects of a kind are known to be what they were
   */
  readsTheSameIn(world: World, isAsBefore: (kind: Kind) => boolean): boolean {
    for (const { namespace, service, slices } of this.#slices) {
      if (!isSameList(world.slicesOf(namespace, service), slices)) return false
    }
    for (const { kind, namespace, name, object } of this.#objects) {
      if (!isAsBefore(kind) && world.get(kind, namespace, name) !== object) return false
    }
    for (const [kind, list] of this.#lists) if (!isAsBefore(kind) && !isSameList(world.list(kind), list)) return false
    return true
  }
}

const isSameList = (a: readonly KubernetesObject[], b: readonly KubernetesObject[]): boolean =>
  a === b || (a.length === b.length && a.every((object, at) => object === b[at]))

/**
 * Tells kinds apart of which a world gives the same list as the last time. One that makes a new list each time is asked
 * for each object, so that it knows what is wanted.
 */
export class KindWatch {
  readonly #lists = new Map<Kind, readonly KubernetesObject[]>()
  readonly #verdicts = new Map<Kind, boolean>()
  #world: World | null = null

  /** Begins a look at a world; what is asked until the next one is compared with the look before. */
  look(world: World): (kind: Kind) => boolean {
    // What was not asked about in the look before is unknown in this one.
    for (const kind of this.#lists.keys()) if (!this.#verdicts.has(kind)) this.#lists.delete(kind)
    this.#verdicts.clear()
    this.#world = world
    return (kind) => this.#isAsBefore(kind)
  }

  #isAsBefore(kind: Kind): boolean {
    let verdict = this.#verdicts.get(kind)
    if (verdict === undefined) {
      const list = this.#world!.list(kind)
      verdict = this.#lists.get(kind) === list
      this.#lists.set(kind, list)
      this.#verdicts.set(kind, verdict)
    }
    return verdict
  }
}
