import type { LabelSelector } from './label-selector.ts'
import type { EndpointSlice, KubernetesObject } from './objects.ts'
import type { Kind, ObjectOf, World } from './world.ts'

/** A world without the objects of namespaces that were not chosen. */
export class SelectedWorld implements World {
  readonly #selector: LabelSelector
  #world: World | null = null
  #namespaces: readonly KubernetesObject[] = []
  #chosen: ReadonlySet<string> = new Set()
  readonly #lists = new Map<
    Kind,
    {
      readonly all: readonly KubernetesObject[]
      readonly chosen: ReadonlySet<string>
      readonly list: KubernetesObject[]
    }
  >()

  constructor(selector: LabelSelector) {
    this.#selector = selector
  }

  /** Begins a look at a world: its namespaces as they are now. */
  look(world: World): void {
    this.#world = world
    const namespaces = world.list('Namespace')
    if (namespaces === this.#namespaces) return
    this.#namespaces = namespaces
    const chosen = namespaces.filter(({ metadata }) => this.#selector(metadata.labels ?? {}))
    const names = new Set(chosen.map(({ metadata }) => metadata.name))
    const isSame = names.size === this.#chosen.size && [...names].every((name) => this.#chosen.has(name))
    if (!isSame) this.#chosen = names
  }

  list<K extends Kind>(kind: K): readonly ObjectOf<K>[] {
    const all: readonly KubernetesObject[] = this.#world!.list(kind)
    let known = this.#lists.get(kind)
    if (known === undefined || known.all !== all || known.chosen !== this.#chosen) {
      const list = all.filter(({ metadata: { namespace } }) => namespace === undefined || this.#chosen.has(namespace))
      known = { all, chosen: this.#chosen, list }
      this.#lists.set(kind, known)
    }
    return known.list as unknown as readonly ObjectOf<K>[]
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | null {
    return namespace === '' || this.#chosen.has(namespace) ? this.#world!.get(kind, namespace, name) : null
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    return this.#chosen.has(namespace) ? this.#world!.slicesOf(namespace, service) : []
  }
}
