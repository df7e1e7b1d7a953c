import { NotedWorld } from './noted-world.ts'
import type { KubernetesObject } from './objects.ts'
import type { World } from './world.ts'

interface Kept<P> {
  readonly object: KubernetesObject
  readonly read: NotedWorld
  readonly part: P
}

/** What was made of each object of a kind, kept until the object or what was read for it changes. */
export class PartMemory<P> {
  readonly #make: (object: KubernetesObject, world: World, before: P | null) => P
  #kept = new Map<string, Kept<P>>()

  /** @param make `before` is what was made of the object as it was, so that what did not change can be taken over */
  constructor(make: (object: KubernetesObject, world: World, before: P | null) => P) {
    this.#make = make
  }

  /** In the order of the objects. What is made of objects that are not there any more is forgotten. */
  parts(objects: readonly KubernetesObject[], world: World): P[] {
    const kept = new Map<string, Kept<P>>()
    const parts = objects.map((object) => {
      const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`
      const before = this.#kept.get(key)
      const now =
        before !== undefined && before.object === object && before.read.readsTheSameIn(world)
          ? before
          : this.#remake(object, world, before)
      kept.set(key, now)
      return now.part
    })
    this.#kept = kept
    return parts
  }

  #remake(object: KubernetesObject, world: World, before: Kept<P> | undefined): Kept<P> {
    const read = new NotedWorld(world)
    return { object, read, part: this.#make(object, read, before?.part ?? null) }
  }
}
