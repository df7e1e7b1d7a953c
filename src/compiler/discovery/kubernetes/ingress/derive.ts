import { atOnce, type Steps } from '../../../../http/steps.ts'
import type { Origin } from '../../../../plan/problem.ts'
import { Assembly } from '../assembly.ts'
import { type Finding, Suggestions } from '../findings.ts'
import { KindWatch } from '../noted-world.ts'
import type { KubernetesObject } from '../objects.ts'
import { PartMemory } from '../part-memory.ts'
import type { ElementMap } from '../parts.ts'
import type { DerivedWithStatus } from '../status.ts'
import type { World } from '../world.ts'
import { BackendWorld } from './backend-world.ts'
import { deriveIngressPart, type IngressPart, WAY_OUT } from './ingress-part.ts'
import type { IngressOptions } from './options.ts'
import { wantedStatus } from './status.ts'

/**
 * What Ingresses say (Traefik v3.7 `pkg/provider/kubernetes/ingress`), and what their status should be. It remembers
 * what was made of each: a change costs what hangs on it, and elements that did not change are the same objects as in
 * the derivation before.
 */
export class IngressDerivation {
  readonly #options: IngressOptions
  readonly #memory: PartMemory<IngressPart>
  readonly #kinds = new KindWatch()
  readonly #backends: BackendWorld
  readonly #suggestions: Suggestions
  #assembly = new Assembly(WAY_OUT)

  /** @param isComplete whether the worlds will hold all that the cluster has */
  constructor(options: IngressOptions, isComplete = true) {
    this.#options = options
    this.#backends = new BackendWorld(options)
    this.#suggestions = new Suggestions(isComplete)
    this.#memory = new PartMemory((object, world, before) => deriveIngressPart(object, world, before, options))
  }

  /** Everything that the objects say; nothing there clears what was in force. */
  derive(world: World): DerivedWithStatus {
    return atOnce(this.steps(world))
  }

  /** The same, with pauses in which the world stays as it is. */
  *steps(world: World): Steps<DerivedWithStatus> {
    const ingresses = world.list('Ingress')
    const isAsBefore = this.#kinds.look(this.#backends)
    this.#backends.look(world, isAsBefore)
    const parts = withOneDefault(yield* this.#memory.parts(ingresses, this.#backends, isAsBefore))
    const assembly = new Assembly(WAY_OUT, this.#assembly)
    yield* assembly.add(parts.map((part, at) => this.#withServices(part, ingresses[at]!)))
    this.#assembly = assembly
    const { config, findings } = assembly.finish()
    const { status, findings: more } = wantedStatus(world, this.#options)
    return {
      config,
      problems: this.#suggestions.problems(eachOnce([...findings, ...more]), world),
      statuses: status === null ? [] : ingresses.flatMap((object, at) => (parts[at]!.isOurs ? { object, status } : [])),
    }
  }

  #withServices(part: IngressPart, { metadata: { namespace = '' } }: KubernetesObject): IngressPart {
    if (part.services.length === 0) return part
    const services = part.services.map(({ name, key, field }) => {
      // A backend that is used can be.
      const element = this.#backends.serviceOf(namespace, key)!
      return { item: part.item, field, map: 'http.services', name, element } as const
    })
    return { ...part, elements: [...part.elements, ...services] }
  }

  /** What an element of the last derivation was made of: `http`, `routers`, `shop-front-…`; null: there is none. */
  originOf(section: string, kind: string, name: string): Origin | null {
    return this.#assembly.originOf(`${section}.${kind}` as ElementMap, name)
  }
}

/** The same without a memory. */
export const deriveIngresses = (world: World, options: IngressOptions): DerivedWithStatus =>
  new IngressDerivation(options).derive(world)

/** The first Ingress without rules is the default one; others are told. */
function withOneDefault(parts: readonly IngressPart[]): readonly IngressPart[] {
  const first = parts.find(({ isDefault }) => isDefault)
  return parts.map((part) => {
    if (!part.isDefault || part === first) return part
    const finding: Finding = {
      severity: 'error',
      message: 'The default backend already exists.',
      item: part.item,
      field: 'spec.defaultBackend',
      hint: `it is that of ${first!.item}`,
    }
    return { ...part, isDefault: false, elements: [], services: [], findings: [...part.findings, finding] }
  })
}

/** What is found about a Service is found for each Ingress that names it. */
const eachOnce = (findings: readonly Finding[]): readonly Finding[] => [
  ...new Map(findings.map((finding) => [`${finding.item} ${finding.field} ${finding.message}`, finding])).values(),
]
