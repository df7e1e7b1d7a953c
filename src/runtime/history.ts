import type { Steps } from '../http/steps.ts'
import type { ElementPlan, Plan } from '../plan/plan.ts'
import { isSame } from '../plan/same.ts'

/** An element before and after a configuration came into force. */
export interface Change {
  /** `http.routers` … */
  readonly kind: string
  /** Qualified. */
  readonly name: string
  /** Null: there was none; a definition of null is never shown (connections to servers, TLS options). */
  readonly before: Definition | null
  readonly after: Definition | null
}

/** As it is shown; null where it is not. */
type Definition = { readonly shown: Readonly<Record<string, unknown>> | null }

/** A configuration that came into force. */
export interface Revision {
  /** Counts those of this process, from 1. */
  readonly revision: number
  readonly at: Date
  /** Of the elements that changed, in alphabetical order. */
  readonly providers: readonly string[]
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly changes: readonly Change[]
  /** Changes that are counted and not kept. */
  readonly changesLeftOut: number
}

/** Revisions and, of each, changes that are kept. */
const REVISIONS = 10
const CHANGES = 100

/** Elements that are looked at before others may have a turn: a microsecond each, unless they were planned anew. */
const AT_ONCE = 200

/**
 * The last configurations that came into force and what each of them changed. What a provider did not change is the same
 * object in both plans, so most elements cost no more than a look.
 */
export class History {
  readonly #date: () => Date
  #plan: Plan
  #count = 0
  #revisions: readonly Revision[] = []

  /** @param first what is in force before the first one */
  constructor(date: () => Date, first: Plan) {
    this.#date = date
    this.#plan = first
  }

  /** The newest first. */
  get revisions(): readonly Revision[] {
    return this.#revisions
  }

  /** A plan is in force; null: it changes no element. */
  *note(plan: Plan): Steps<Revision | null> {
    const before = this.#plan
    this.#plan = plan
    const counts = { added: 0, changed: 0, removed: 0 }
    const providers = new Set<string>()
    const changes: Change[] = []
    for (const part of PARTS) {
      const [old, now] = [part.of(before), part.of(plan)]
      for (const { name, was, is } of differing(old, now)) {
        yield
        if (name === null) continue
        if (was !== undefined && is !== undefined && isSame(part.compared(was), part.compared(is))) continue
        counts[was === undefined ? 'added' : is === undefined ? 'removed' : 'changed']++
        if (name.includes('@')) providers.add(name.slice(name.lastIndexOf('@') + 1))
        if (changes.length < CHANGES) {
          changes.push({ kind: part.kind, name, before: shownOf(was), after: shownOf(is) })
        }
      }
    }
    const total = counts.added + counts.changed + counts.removed
    if (total === 0) return null
    const revision = {
      revision: ++this.#count,
      at: this.#date(),
      providers: [...providers].sort(),
      ...counts,
      changes,
      changesLeftOut: total - changes.length,
    }
    this.#revisions = [revision, ...this.#revisions].slice(0, REVISIONS)
    return revision
  }
}

type Elements = Readonly<Record<string, object>>

interface Part {
  readonly kind: string
  readonly of: (plan: Plan) => Elements
  /** What of an element counts. */
  readonly compared: (element: object) => unknown
}

const definitionOf = (element: object): unknown => (element as ElementPlan).definition
const whole = (element: object): unknown => element

const PARTS: readonly Part[] = [
  { kind: 'http.routers', of: ({ routers }) => routers, compared: definitionOf },
  { kind: 'http.services', of: ({ services }) => services, compared: definitionOf },
  { kind: 'http.middlewares', of: ({ middlewares }) => middlewares, compared: definitionOf },
  { kind: 'http.serversTransports', of: ({ serversTransports }) => serversTransports, compared: whole },
  { kind: 'tcp.routers', of: ({ tcp }) => tcp.routers, compared: definitionOf },
  { kind: 'tcp.services', of: ({ tcp }) => tcp.services, compared: definitionOf },
  { kind: 'tcp.middlewares', of: ({ tcp }) => tcp.middlewares, compared: definitionOf },
  { kind: 'tcp.serversTransports', of: ({ tcp }) => tcp.serversTransports, compared: whole },
  { kind: 'udp.routers', of: ({ udp }) => udp.routers, compared: definitionOf },
  { kind: 'udp.services', of: ({ udp }) => udp.services, compared: definitionOf },
  { kind: 'tls.options', of: ({ tls }) => tls.options, compared: whole },
]

function shownOf(element: object | undefined): Definition | null {
  if (element === undefined) return null
  return { shown: 'definition' in element ? (element.definition as Readonly<Record<string, unknown>>) : null }
}

interface Pair {
  /** Null: no element, but others may have a turn. */
  readonly name: string | null
  readonly was?: object | undefined
  readonly is?: object | undefined
}

/** Elements that are not the same object in both. A map is only read through again where something is missing. */
function* differing(old: Elements, now: Elements): Generator<Pair> {
  if (old === now) return
  let looks = 0
  let kept = 0
  for (const name in now) {
    if (++looks % AT_ONCE === 0) yield { name: null }
    const is = now[name]
    const found = old[name]
    if (found === is) {
      kept++
      continue
    }
    // Of a map that has a prototype it may be a part of that.
    const was = Object.hasOwn(old, name) ? found : undefined
    if (was !== undefined) kept++
    yield { name, was, is }
  }
  sizes.set(now, looks)
  if (kept === sizes.get(old)) return
  for (const name in old) {
    if (++looks % AT_ONCE === 0) yield { name: null }
    if (!Object.hasOwn(now, name)) yield { name, was: old[name] }
  }
}

/** Of maps that have been read through. */
const sizes = new WeakMap<Elements, number>()
