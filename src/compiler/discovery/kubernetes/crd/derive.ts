import { atOnce, type Steps } from '../../../../http/steps.ts'
import type { Origin } from '../../../../plan/problem.ts'
import type { Derived } from '../../derived.ts'
import { Assembly } from '../assembly.ts'
import { Suggestions } from '../findings.ts'
import { KindWatch } from '../noted-world.ts'
import { PartMemory } from '../part-memory.ts'
import type { ElementMap, Part } from '../parts.ts'
import type { World } from '../world.ts'
import { type CrdKind, crdKinds, derivePart, WAY_OUT } from './object-parts.ts'
import type { CrdOptions } from './options.ts'

const KINDS = Object.keys(crdKinds) as CrdKind[]

/**
 * What custom resources of Traefik say (v3.7 `pkg/provider/kubernetes/crd`). It remembers what was made of each object:
 * a change costs what hangs on it, and elements that did not change are the same objects as in the derivation before.
 */
export class CrdDerivation {
  readonly #memories: readonly { readonly kind: CrdKind; readonly memory: PartMemory<Part> }[]
  readonly #kinds = new KindWatch()
  readonly #suggestions: Suggestions
  #assembly = new Assembly(WAY_OUT)

  /** @param isComplete whether the worlds will hold all that the cluster has */
  constructor(options: CrdOptions, isComplete = true) {
    this.#suggestions = new Suggestions(isComplete)
    this.#memories = KINDS.map((kind) => ({
      kind,
      memory: new PartMemory((object, world, before) => derivePart(object, world, before, options)),
    }))
  }

  /** Everything that the objects say; nothing there clears what was in force. */
  derive(world: World): Derived {
    return atOnce(this.steps(world))
  }

  /** The same, with pauses in which the world stays as it is. */
  *steps(world: World): Steps<Derived> {
    const assembly = new Assembly(WAY_OUT, this.#assembly)
    const isAsBefore = this.#kinds.look(world)
    for (const { kind, memory } of this.#memories)
      yield* assembly.add(yield* memory.parts(world.list(kind), world, isAsBefore))
    this.#assembly = assembly
    const { config, findings } = assembly.finish()
    return { config, problems: this.#suggestions.problems(findings, world) }
  }

  /** What an element of the last derivation was made of: `http`, `routers`, `shop-front-…`; null: there is none. */
  originOf(section: string, kind: string, name: string): Origin | null {
    return this.#assembly.originOf(`${section}.${kind}` as ElementMap, name)
  }
}

/** The same without a memory. */
export const deriveCrd = (world: World, options: CrdOptions): Derived => new CrdDerivation(options).derive(world)
