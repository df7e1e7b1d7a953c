import type { Steps } from '../../../http/steps.ts'
import { NotedWorld } from './noted-world.ts'
import type { KubernetesObject } from './objects.ts'
import type { Kind, World } from './world.ts'

interface Kept<P> {
  readonly object: KubernetesObject
  readonly read: NotedWorld
  readonly part: P
}

/** What was made of each object of a kind, kept until the object or what was read for it changes. */
export class PartMemory<P> {
  readonly #make: (object: KubernetesObject, world: World, before: P | null) => P
  #objects: readonly KubernetesObject[] = []
  /** In the order of the objects. */
  #kept: Kept<P>[] = []

  /** @param make `before` is what was made of the object as it was, so that what did not change can be taken over */
  constructor(make: (object: KubernetesObject, world: World, before: P | null) => P) {
    this.#make = make
  }

  /**
   * In the order of the objects. What is made of objects that are not there any more is forgotten.
   * @param isAsBefore whether all objects of a kind are known to be what they were at the last call
   */
  *parts(objects: readonly KubernetesObject[], world: World, isAsBefore: (kind: Kind) => boolean): Steps<P[]> {
    const known = objects === this.#objects ? null : new Map(this.#kept.map((kept) => [keyOf(kept.object), kept]))
    const next: Kept<P>[] = []
    for (const [at, object] of objects.entries()) {
      const before = known === null ? this.#kept[at] : known.get(keyOf(object))
      const isGood = before?.object === object && before.read.readsTheSameIn(world, isAsBefore)
      next.push(isGood ? before : this.#remake(object, world, before))
      yield
    }
    this.#kept = next
    this.#objects = objects
    return next.map(({ part }) => part)
  }

  #remake(object: KubernetesObject, world: World, before: Kept<P> | undefined): Kept<P> {
    const read = new NotedWorld(world)
    return { object, read, part: this.#make(object, read, before?.part ?? null) }
  }
}

const keyOf = ({ metadata: { namespace = '', name } }: KubernetesObject): string => `${namespace}/${name}`
