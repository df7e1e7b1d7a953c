import type { ConfigProblem } from '../../plan/problem.ts'
import type { DynamicConfig } from '../dynamic/dynamic.ts'

/** What one item of a source brings: a container, a task, an instance in a catalog. */
export interface ItemPart {
  /** Items are taken in the order of these; unique in a source (Traefik: service name, `-`, id). */
  readonly key: string
  /** What it is called in messages: `container web-1`. */
  readonly title: string
  /** When it came into being, in milliseconds of the epoch; who is newest counts where that is asked for. */
  readonly createdAt: number
  /** Null: it brings nothing, on purpose or because something is wrong with it. */
  readonly config: DynamicConfig | null
  readonly problems: readonly ConfigProblem[]
}

/** Something about an item that leaves it out as a whole; the message is Traefik's. */
export class ItemFault extends Error {
  readonly hint: string | null
  constructor(message: string, hint: string | null = null) {
    super(message)
    this.name = 'ItemFault'
    this.hint = hint
  }
}

/** A problem of an item as a whole, or of a part of it. */
export const itemProblem = (
  severity: ConfigProblem['severity'],
  title: string,
  message: string,
  { hint = null, field, path = [] }: { hint?: string | null; field?: string; path?: readonly string[] } = {},
): ConfigProblem => ({
  severity,
  message,
  hint,
  provider: null,
  path,
  position: null,
  origin: { item: title, ...(field === undefined ? {} : { field }) },
})

/** Problems of labels, which do not know whose labels they are. */
export const problemsOf = (title: string, problems: readonly ConfigProblem[]): ConfigProblem[] =>
  problems.map((problem) => ({ ...problem, origin: { ...problem.origin, item: title } }))
