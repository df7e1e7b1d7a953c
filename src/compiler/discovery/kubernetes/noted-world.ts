import type { EndpointSlice, KubernetesObject } from './objects.ts'
import type { Kind, ObjectOf, World } from './world.ts'

/** Whether something that was read of a world reads the same in another. */
type Note = (world: World) => boolean

/**
 * A world that notes what is read of it: what was made of it is good for as long as the same would be read again.
 */
export class NotedWorld implements World {
  readonly #world: World
  readonly #notes: Note[] = []

  constructor(world: World) {
    this.#world = world
  }

  list<K extends Kind>(kind: K): readonly ObjectOf<K>[] {
    const list = this.#world.list(kind)
    this.#notes.push((world) => isSameList(world.list(kind), list))
    return list
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | null {
    const object = this.#world.get(kind, namespace, name)
    this.#notes.push((world) => world.get(kind, namespace, name) === object)
    return object
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    const slices = this.#world.slicesOf(namespace, service)
    this.#notes.push((world) => isSameList(world.slicesOf(namespace, service), slices))
    return slices
  }

  /** Whether everything that has been read is the same in that world. */
  readsTheSameIn(world: World): boolean {
    return this.#notes.every((isSame) => isSame(world))
  }
}

const isSameList = (a: readonly KubernetesObject[], b: readonly KubernetesObject[]): boolean =>
  a === b || (a.length === b.length && a.every((object, at) => object === b[at]))
