import type { ConfigProblem } from '../../plan/problem.ts'
import type { DisabledElement, DynamicConfig } from '../dynamic/dynamic.ts'
import { elementKinds } from '../dynamic/element-kinds.ts'
import { Definitions, type Element, type ElementKind, type OnConflict } from './definitions.ts'
import type { Derived } from './derived.ts'
import type { ItemPart } from './item.ts'
import { boundedProblems } from './problems.ts'

const KINDS: readonly ElementKind[] = Object.entries(elementKinds).flatMap(([section, kinds]) =>
  Object.entries(kinds).map(([kind, title]) => ({ section: section as ElementKind['section'], kind, title })),
)

/** The items of a source, and what they bring together. */
export class ItemSet {
  readonly #parts = new Map<string, ItemPart>()
  /** By the place of their kind in the list of kinds. */
  readonly #definitions: readonly Definitions[]
  /** Of these items something is to be told. */
  readonly #faulty = new Set<ItemPart>()
  /** Null: something has changed. */
  #derived: Derived | null = null

  constructor(onConflict: OnConflict = 'drop') {
    this.#definitions = KINDS.map((kind) => new Definitions(kind, onConflict))
  }

  get size(): number {
    return this.#parts.size
  }

  get(id: string): ItemPart | null {
    return this.#parts.get(id) ?? null
  }

  set(id: string, part: ItemPart): void {
    this.delete(id)
    this.#parts.set(id, part)
    if (part.problems.length > 0) this.#faulty.add(part)
    eachElement(part, (at, name, element) => this.#definitions[at]!.add(name, { element, part }))
    this.#derived = null
  }

  delete(id: string): boolean {
    const part = this.#parts.get(id)
    if (part === undefined) return false
    this.#parts.delete(id)
    this.#faulty.delete(part)
    eachElement(part, (at, name) => this.#definitions[at]!.delete(name, part))
    this.#derived = null
    return true
  }

  /** Elements by their names; a source with nothing in it clears what was in force. The same object until something changes. */
  derive(): Derived {
    this.#derived ??= this.#derive()
    return this.#derived
  }

  #derive(): Derived {
    const faulty = [...this.#faulty].sort((a, b) => (a.key < b.key ? -1 : 1))
    const problems = faulty.flatMap((part) => part.problems)
    const config: Record<string, Record<string, unknown>> = { http: {} }
    const disabled: DisabledElement[] = []
    this.#definitions.forEach((definitions, at) => {
      if (definitions.isEmpty) return
      const { section, kind } = KINDS[at]!
      const { elements, conflicts } = definitions.defined
      config[section] ??= {}
      config[section][kind] = elements
      for (const conflict of conflicts) {
        problems.push(conflict.problem)
        if (conflict.disabled !== null) disabled.push(conflict.disabled)
      }
    })
    const done = (disabled.length === 0 ? config : { ...config, disabled }) as DynamicConfig
    return { config: done, problems: boundedProblems(eachOnce(problems)) }
  }
}

const eachElement = (part: ItemPart, take: (kind: number, name: string, element: Element) => void): void => {
  if (part.config === null) return
  for (let at = 0; at < KINDS.length; at++) {
    const { section, kind } = KINDS[at]!
    const map = (part.config[section] as Record<string, Record<string, Element>> | undefined)?.[kind]
    if (map === undefined) continue
    for (const [name, element] of Object.entries(map)) take(at, name, element)
  }
}

/** What is said of each task of a service is said once. */
const eachOnce = (problems: readonly ConfigProblem[]): readonly ConfigProblem[] => {
  const known = new Map<string, ConfigProblem>()
  for (const problem of problems) {
    known.set(`${problem.origin?.item}\0${problem.origin?.field}\0${problem.message}`, problem)
  }
  return known.size === problems.length ? problems : [...known.values()]
}
