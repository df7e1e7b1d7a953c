import type { ConfigProblem } from '../../plan/problem.ts'
import { isSame } from '../../plan/same.ts'
import type { DisabledElement } from '../dynamic/dynamic.ts'
import type { elementKinds } from '../dynamic/element-kinds.ts'
import { nameMap } from '../dynamic/names.ts'
import { type ItemPart, itemProblem } from './item.ts'

/**
 * What happens to an element whose definitions differ.
 * - `drop`: it is taken out, as in Traefik
 * - `newest`: that of the newest item counts; a service keeps the servers of all
 */
export type OnConflict = 'drop' | 'newest'

export interface ElementKind {
  readonly section: keyof typeof elementKinds
  readonly kind: string
  /** As in messages: `HTTP router`. */
  readonly title: string
}

export type Element = Readonly<Record<string, unknown>>

/** What an item says of an element. */
export interface Definition {
  readonly element: Element
  readonly part: ItemPart
}

/** A name whose definitions differ. */
export interface Conflict {
  readonly problem: ConfigProblem
  /** What shows it as disabled; null: there is nothing of its kind to be shown. */
  readonly disabled: DisabledElement | null
}

/** What a kind's definitions come to. */
export interface Defined {
  readonly elements: Readonly<Record<string, Element>>
  readonly conflicts: readonly Conflict[]
}

/** Several definitions of one name, in the order of their items. */
interface Joint {
  readonly definitions: Definition[]
  /** Null: they differ; undefined: to be found out. */
  element: Element | null | undefined
}

/**
 * All definitions of the elements of one kind. Those of one name must be equal, but services are joined where only their
 * servers differ (Traefik `pkg/provider/merge.go`). What an event costs here is what it changes; an element that did not
 * change is the same object each time.
 */
export class Definitions {
  readonly #kind: ElementKind
  readonly #onConflict: OnConflict
  /** By name. Nearly all names have one definition, which stands here itself. */
  readonly #names = new Map<string, Definition | Joint>()
  readonly #joints = new Map<string, Joint>()
  /** Null: something has changed. */
  #defined: Defined | null = null

  constructor(kind: ElementKind, onConflict: OnConflict) {
    this.#kind = kind
    this.#onConflict = onConflict
  }

  get isEmpty(): boolean {
    return this.#names.size === 0
  }

  add(name: string, definition: Definition): void {
    this.#defined = null
    const known = this.#names.get(name)
    if (known === undefined) {
      this.#names.set(name, definition)
      return
    }
    let joint = this.#joints.get(name)
    if (joint === undefined) {
      joint = { definitions: [known as Definition], element: undefined }
      this.#joints.set(name, joint)
      this.#names.set(name, joint)
    }
    const { definitions } = joint
    const before = definitions.findLastIndex(({ part }) => part.key < definition.part.key)
    definitions.splice(before + 1, 0, definition)
    joint.element = undefined
  }

  delete(name: string, part: ItemPart): void {
    this.#defined = null
    const joint = this.#joints.get(name)
    if (joint === undefined) {
      this.#names.delete(name)
      return
    }
    const { definitions } = joint
    const at = definitions.findIndex((definition) => definition.part === part)
    definitions.splice(at, 1)
    joint.element = undefined
    if (definitions.length > 1) return
    this.#joints.delete(name)
    this.#names.set(name, definitions[0]!)
  }

  /** The same object until something changes. */
  get defined(): Defined {
    this.#defined ??= this.#define()
    return this.#defined
  }

  #define(): Defined {
    for (const joint of this.#joints.values()) {
      if (joint.element === undefined) joint.element = this.#join(joint.definitions)
    }
    const elements = nameMap<Element>()
    for (const [name, { element }] of this.#names) if (element !== null) elements[name] = element!
    const conflicts = [...this.#joints]
      .filter(([, { element }]) => element === null)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { definitions }]) => conflict(this.#kind, name, definitions))
    return { elements, conflicts }
  }

  #join(definitions: readonly Definition[]): Element | null {
    const [first, ...others] = definitions
    const isService = this.#kind.kind === 'services'
    const agree = others.every(({ element }) =>
      isService ? isSame(withoutServers(first!.element), withoutServers(element)) : isSame(first!.element, element),
    )
    if (!agree && this.#onConflict === 'drop') return null
    const defining = agree ? first! : definitions.reduce((newest, one) => (isNewer(one, newest) ? one : newest))
    return isService ? joinServers(defining.element, definitions) : defining.element
  }
}

const isNewer = (a: Definition, b: Definition): boolean => a.part.createdAt > b.part.createdAt

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

const joinServers = (service: Element, definitions: readonly Definition[]): Element => {
  const { loadBalancer } = service as Balanced
  if (loadBalancer === undefined) return service
  const servers = new Map<string, Server>()
  for (const { element } of definitions) {
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
  { section, kind, title }: ElementKind,
  name: string,
  definitions: readonly Definition[],
): Conflict => {
  const titles = [...new Set(definitions.map(({ part }) => part.title))]
  const rest = titles.length > MAX_NAMED ? ` and ${titles.length - MAX_NAMED} more` : ''
  const message = `${title} ${name} defined multiple times with different configurations in ${titles.slice(0, MAX_NAMED).join(', ')}${rest}`
  const hint = 'make the definitions equal, or give one of them another name'
  const problem = itemProblem('error', titles[0]!, message, { hint, path: [section, kind, name] })
  const isShown = section !== 'tls' && (kind === 'routers' || kind === 'services' || kind === 'middlewares')
  if (!isShown) return { problem, disabled: null }
  const definition = definitions[0]!.element
  return { problem, disabled: { section, kind, name, reason: message, definition } }
}
