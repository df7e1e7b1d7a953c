import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { ObjectWorld } from '../../../../src/compiler/discovery/kubernetes/world.ts'

/** Objects that stay as they are while somebody reads them for a longer time; what changes meanwhile shows afterwards. */
export class SteadyWorld {
  readonly objects = new ObjectWorld()
  /** What came while somebody reads, in order; null: nobody does. */
  #late: (() => void)[] | null = null
  /** Who reads last. */
  #reading: Promise<unknown> = Promise.resolve()

  set(object: KubernetesObject): void {
    if (this.#late === null) this.objects.set(object)
    else this.#late.push(() => this.objects.set(object))
  }

  delete(object: KubernetesObject): void {
    if (this.#late === null) this.objects.delete(object)
    else this.#late.push(() => this.objects.delete(object))
  }

  /** Reads, one after the other. */
  still<T>(read: (objects: ObjectWorld) => Promise<T>): Promise<T> {
    const result = this.#reading.then(() => this.#read(read))
    this.#reading = result.catch(() => undefined)
    return result
  }

  async #read<T>(read: (objects: ObjectWorld) => Promise<T>): Promise<T> {
    this.#late = []
    try {
      return await read(this.objects)
    } finally {
      const late = this.#late
      this.#late = null
      for (const change of late) change()
    }
  }
}
