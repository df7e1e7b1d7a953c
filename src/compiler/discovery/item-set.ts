import type { ConfigProblem } from '../../plan/problem.ts'
import { isSame } from '../../plan/same.ts'
import type { DisabledElement, DynamicConfig } from '../dynamic/dynamic.ts'
import { elementKinds } from '../dynamic/element-kinds.ts'
import { nameMap } from '../dynamic/names.ts'
import type { Derived } from './derived.ts'
import { type ItemPart, itemProblem } from './item.ts'
import { boundedProblems } from './problems.ts'

/**
 * What happens to an element whose definitions differ.
 * - `drop`: it is taken out, as in Traefik
 * - `newest`: that of the newest item counts; a service keeps the servers of all
 */
export type OnConflict = 'drop' | 'newest'

interface Kind {
  readonly section: keyof typeof elementKinds
  readonly kind: string
  readonly title: string
}

const KINDS: readonly Kind[] = Object.entries(elementKinds).flatMap(([section, kinds]) =>
  Object.entries(kinds).map(([kind, title]) => ({ section: section as Kind['section'], kind, title })),
)

type Element = Readonly<Record<string, unknown>>

interface Contribution {
  readonly kind: number
  readonly name: string
  readonly element: Element
  readonly part: ItemPart
}

interface Entry {
  readonly part: ItemPart
  readonly contributions: readonly Contribution[]
}

/** How several definitions of one name came out. */
interface Resolved {
  readonly inputs: readonly Contribution[]
  /** Null: they contradict each other. */
  readonly element: Element | null
}

/**
 * The items of a source and what they bring together: elements of one name must be equal, but services are joined where
 * only their servers differ (Traefik `pkg/provider/merge.go`). An element that did not change is the same object in each
 * derivation.
 */
export class ItemSet {
  readonly #onConflict: OnConflict
  readonly #entries = new Map<string, Entry>()
  /** By key; null: to be sorted again. */
  #sorted: readonly Entry[] | null = []
  #resolved = new Map<string, Resolved>()

  constructor(onConflict: OnConflict = 'drop') {
    this.#onConflict = onConflict
  }

  get size(): number {
    return this.#entries.size
  }

  get(id: string): ItemPart | null {
    return this.#entries.get(id)?.part ?? null
  }

  set(id: string, part: ItemPart): void {
    this.#entries.set(id, { part, contributions: contributionsOf(part) })
    this.#sorted = null
  }

  delete(id: string): boolean {
    const known = this.#entries.delete(id)
    if (known) this.#sorted = null
    return known
  }

  /** Elements by their names; a source with nothing in it clears what was in force. */
  derive(): Derived {
    this.#sorted ??= [...this.#entries.values()].sort((a, b) => (a.part.key < b.part.key ? -1 : 1))
    const maps: Map<string, Contribution | Contribution[]>[] = KINDS.map(() => new Map())
    const problems: ConfigProblem[] = []
    for (const { part, contributions } of this.#sorted) {
      problems.push(...part.problems)
      for (const contribution of contributions) {
        const map = maps[contribution.kind]!
        const known = map.get(contribution.name)
        if (known === undefined) map.set(contribution.name, contribution)
        else if (Array.isArray(known)) known.push(contribution)
        else map.set(contribution.name, [known, contribution])
      }
    }
    return this.#assemble(maps, problems)
  }

  #assemble(maps: readonly Map<string, Contribution | Contribution[]>[], problems: ConfigProblem[]): Derived {
    const config: Record<string, Record<string, unknown>> = { http: {} }
    const disabled: DisabledElement[] = []
    const resolved = new Map<string, Resolved>()
    maps.forEach((map, at) => {
      if (map.size === 0) return
      const { section, kind, title } = KINDS[at]!
      const elements = nameMap<unknown>()
      for (const [name, found] of map) {
        if (!Array.isArray(found)) {
          elements[name] = found.element
          continue
        }
        const key = `${at} ${name}`
        const outcome = this.#resolve(key, found)
        resolved.set(key, outcome)
        if (outcome.element !== null) elements[name] = outcome.element
        else {
          const problem = conflict(`${title} ${name}`, section, kind, name, found)
          problems.push(problem)
          disabled.push(...disabledOf(section, kind, name, problem, found))
        }
      }
      config[section] ??= {}
      config[section][kind] = elements
    })
    this.#resolved = resolved
    const done = (disabled.length === 0 ? config : { ...config, disabled }) as DynamicConfig
    return { config: done, problems: boundedProblems(eachOnce(problems)) }
  }

  #resolve(key: string, inputs: readonly Contribution[]): Resolved {
    const before = this.#resolved.get(key)
    if (before !== undefined && isSameList(before.inputs, inputs)) return before
    return { inputs, element: this.#join(inputs) }
  }

  #join(inputs: readonly Contribution[]): Element | null {
    const [first, ...others] = inputs
    const isService = KINDS[first!.kind]!.kind === 'services'
    const agree = others.every(({ element }) =>
      isService ? isSame(withoutServers(first!.element), withoutServers(element)) : isSame(first!.element, element),
    )
    if (!agree && this.#onConflict === 'drop') return null
    const defining = agree ? first! : inputs.reduce((newest, input) => (isNewer(input, newest) ? input : newest))
    return isService ? joinServers(defining.element, inputs) : defining.element
  }
}

const contributionsOf = (part: ItemPart): Contribution[] => {
  if (part.config === null) return []
  const contributions: Contribution[] = []
  KINDS.forEach(({ section, kind }, at) => {
    const map = (part.config![section] as Record<string, unknown> | undefined)?.[kind]
    if (map === undefined) return
    for (const [name, element] of Object.entries(map as Record<string, Element>)) {
      contributions.push({ kind: at, name, element, part })
    }
  })
  // Without the room that a list has left to grow.
  return contributions.slice()
}

const isSameList = (a: readonly Contribution[], b: readonly Contribution[]): boolean =>
  a.length === b.length && a.every(({ element }, at) => element === b[at]!.element)

const isNewer = (a: Contribution, b: Contribution): boolean => a.part.createdAt > b.part.createdAt

interface Balanced {
  readonly loadBalancer?: { readonly servers?: readonly Server[] }
}

interface Server {
  readonly url?: string
  readonly address?: string
}

const withoutServers = (service: Element): Element => {
  const { loadBalancer } = service as Balanced
  if (loadBalancer === undefined) return service
  const { servers: _, ...rest } = loadBalancer
  return { ...service, loadBalancer: rest }
}

const joinServers = (service: Element, inputs: readonly Contribution[]): Element => {
  const { loadBalancer } = service as Balanced
  if (loadBalancer === undefined) return service
  const servers = new Map<string, Server>()
  for (const { element } of inputs) {
    for (const server of (element as Balanced).loadBalancer?.servers ?? []) {
      const place = server.url ?? server.address ?? ''
      if (!servers.has(place)) servers.set(place, server)
    }
  }
  return servers.size === 0
    ? service
    : { ...service, loadBalancer: { ...loadBalancer, servers: [...servers.values()] } }
}

/** So many items are named where definitions differ. */
const MAX_NAMED = 3

const conflict = (
  what: string,
  section: string,
  kind: string,
  name: string,
  inputs: readonly Contribution[],
): ConfigProblem => {
  const titles = [...new Set(inputs.map(({ part }) => part.title))]
  const rest = titles.length > MAX_NAMED ? ` and ${titles.length - MAX_NAMED} more` : ''
  const message = `${what} defined multiple times with different configurations in ${titles.slice(0, MAX_NAMED).join(', ')}${rest}`
  const hint = 'make the definitions equal, or give one of them another name'
  return itemProblem('error', titles[0]!, message, { hint, path: [section, kind, name] })
}

const disabledOf = (
  section: string,
  kind: string,
  name: string,
  { message }: ConfigProblem,
  inputs: readonly Contribution[],
): DisabledElement[] => {
  const shown = section !== 'tls' && (kind === 'routers' || kind === 'services' || kind === 'middlewares')
  if (!shown) return []
  return [{ section: section as 'http', kind, name, reason: message, definition: inputs[0]!.element }]
}

/** What is said of each task of a service is said once. */
const eachOnce = (problems: readonly ConfigProblem[]): readonly ConfigProblem[] => {
  const known = new Map<string, ConfigProblem>()
  for (const problem of problems) {
    known.set(`${problem.origin?.item}\0${problem.origin?.field}\0${problem.message}`, problem)
  }
  return known.size === problems.length ? problems : [...known.values()]
}
