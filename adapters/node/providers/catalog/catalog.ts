import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ConnectCertificates } from '../../../../src/compiler/discovery/catalog/consul.ts'
import type { CatalogInstance } from '../../../../src/compiler/discovery/catalog/instance.ts'
import { type CatalogDerivation, catalogPart } from '../../../../src/compiler/discovery/catalog/part.ts'
import type { Derived } from '../../../../src/compiler/discovery/derived.ts'
import type { ItemPart } from '../../../../src/compiler/discovery/item.ts'
import { ItemSet } from '../../../../src/compiler/discovery/item-set.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'
import { isSame } from '../../../../src/plan/same.ts'

interface Known {
  readonly instance: CatalogInstance
  /** That could be read; null: none of it ever could. */
  readonly goodTags: readonly string[] | null
}

/** Computing goes on for so long before others have a turn. */
const SLICE_MS = 8

/** The instances of services that are known, and what each of them brings; only what changed is worked out again. */
export class Catalog {
  readonly #derivation: CatalogDerivation
  readonly #items = new ItemSet()
  readonly #services = new Map<string, Map<string, Known>>()
  /** What is wrong with services as a whole. */
  readonly #problems = new Map<string, readonly ConfigProblem[]>()
  #certificates: ConnectCertificates | null = null

  constructor(derivation: CatalogDerivation) {
    this.#derivation = derivation
  }

  /** Instances. */
  get size(): number {
    return this.#items.size
  }

  sizeOf(service: string): number {
    return this.#services.get(service)?.size ?? 0
  }

  get services(): readonly string[] {
    return [...this.#services.keys()]
  }

  /** Services that have an instance on a node. */
  servicesOn(node: string): readonly string[] {
    return this.services.filter((service) => {
      for (const { instance } of this.#services.get(service)!.values()) if (instance.node === node) return true
      return false
    })
  }

  /** Takes over all instances of a service. @returns whether anything is different */
  async set(service: string, instances: readonly CatalogInstance[]): Promise<boolean> {
    const known = this.#services.get(service) ?? new Map<string, Known>()
    const next = new Map(instances.map((instance) => [idOf(instance), instance]))
    let changed = false
    for (const id of known.keys()) {
      if (next.has(id)) continue
      known.delete(id)
      this.#items.delete(id)
      changed = true
    }
    let began = performance.now()
    for (const [id, instance] of next) {
      const before = known.get(id)
      if (before !== undefined && isSame(before.instance, instance)) continue
      changed = true
      known.set(id, this.#derive(id, instance, before?.goodTags ?? null))
      if (performance.now() - began < SLICE_MS) continue
      await nextTurn()
      began = performance.now()
    }
    if (known.size === 0) this.#services.delete(service)
    else this.#services.set(service, known)
    return changed
  }

  delete(service: string): boolean {
    for (const id of this.#services.get(service)?.keys() ?? []) this.#items.delete(id)
    return this.#services.delete(service)
  }

  /** @returns whether anything else is wrong with it than before */
  note(service: string, problems: readonly ConfigProblem[]): boolean {
    if (isSame(this.#problems.get(service) ?? [], problems)) return false
    if (problems.length === 0) this.#problems.delete(service)
    else this.#problems.set(service, problems)
    return true
  }

  /** Works everything out again that is reached by them. */
  setCertificates(certificates: ConnectCertificates): void {
    if (isSame(this.#certificates, certificates)) return
    this.#certificates = certificates
    for (const known of this.#services.values()) {
      for (const [id, { instance, goodTags }] of known) known.set(id, this.#derive(id, instance, goodTags))
    }
  }

  derive(): Derived {
    const { config, problems } = this.#items.derive()
    return { config, problems: [...[...this.#problems.values()].flat(), ...problems] }
  }

  /** An instance whose tags break keeps those that were good, and everything else of it counts. */
  #derive(id: string, instance: CatalogInstance, goodTags: readonly string[] | null): Known {
    const { part, isBroken } = this.#part(instance)
    if (!isBroken) {
      this.#items.set(id, part)
      return { instance, goodTags: instance.tags }
    }
    const kept = goodTags === null ? null : this.#part({ ...instance, tags: goodTags })
    this.#items.set(id, kept === null ? part : { ...part, config: kept.part.config })
    return { instance, goodTags }
  }

  #part(instance: CatalogInstance): { readonly part: ItemPart; readonly isBroken: boolean } {
    return catalogPart(instance, this.#derivation, this.#certificates)
  }
}

const idOf = ({ node, name, id }: CatalogInstance): string => JSON.stringify([node, name, id])
