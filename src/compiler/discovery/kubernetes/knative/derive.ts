import { atOnce, type Steps } from '../../../../http/steps.ts'
import type { Origin } from '../../../../plan/problem.ts'
import { Assembly } from '../assembly.ts'
import { Suggestions } from '../findings.ts'
import { KindWatch } from '../noted-world.ts'
import { PartMemory } from '../part-memory.ts'
import type { ElementMap } from '../parts.ts'
import type { DerivedWithStatus } from '../status.ts'
import type { World } from '../world.ts'
import { deriveKnativePart, type KnativePart, WAY_OUT } from './ingress-part.ts'
import type { KnativeOptions } from './options.ts'
import { wantedStatus } from './status.ts'

/**
 * What Ingresses of Knative say (Traefik v3.7 `pkg/provider/kubernetes/knative`), and what their status should be. It
 * remembers what was made of each: a change costs what hangs on it.
 */
export class KnativeDerivation {
  readonly #options: KnativeOptions
  readonly #memory: PartMemory<KnativePart>
  readonly #kinds = new KindWatch()
  readonly #suggestions: Suggestions
  #assembly = new Assembly(WAY_OUT)

  /** @param isComplete whether the worlds will hold all that the cluster has */
  constructor(options: KnativeOptions, isComplete = true) {
    this.#options = options
    this.#suggestions = new Suggestions(isComplete)
    this.#memory = new PartMemory((object, world, before) => deriveKnativePart(object, world, before, options))
  }

  /** Everything that the objects say. */
  derive(world: World): DerivedWithStatus {
    return atOnce(this.steps(world))
  }

  /** The same, with pauses in which the world stays as it is. */
  *steps(world: World): Steps<DerivedWithStatus> {
    const ingresses = world.list('Ingress')
    const parts = yield* this.#memory.parts(ingresses, world, this.#kinds.look(world))
    const assembly = new Assembly(WAY_OUT, this.#assembly)
    yield* assembly.add(parts)
    this.#assembly = assembly
    const { config, findings } = assembly.finish()
    return {
      config,
      problems: this.#suggestions.problems(findings, world),
      statuses: ingresses.flatMap((object, at) =>
        parts[at]!.isOurs ? { object, status: wantedStatus(object, this.#options) } : [],
      ),
    }
  }

  /** What an element of the last derivation was made of: `http`, `routers`, `shop-front-…`; null: there is none. */
  originOf(section: string, kind: string, name: string): Origin | null {
    return this.#assembly.originOf(`${section}.${kind}` as ElementMap, name)
  }
}

/** The same without a memory. */
export const deriveKnative = (world: World, options: KnativeOptions): DerivedWithStatus =>
  new KnativeDerivation(options).derive(world)
