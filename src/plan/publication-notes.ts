import { isRecord } from './signed-line.ts'

/**
 * What a publication says of itself for people: who asked for it, from what, and how it differs from what was live. It
 * stands in the signed head, so all texts together are short.
 */
export interface PublicationNotes {
  /** The revision that was live when it was made; null: none was. */
  readonly from: number | null
  /** Of the repository that it was made from; a `+` behind it: with changes that are not committed. Empty: unknown. */
  readonly commit: string
  /** First line of that commit's message. */
  readonly message: string
  /** Version of the package that published. */
  readonly tool: string
  /** `edge push --config routing.yml` */
  readonly command: string
  /** Checks that were told to let it pass: `allow-errors` … */
  readonly allowed: readonly string[]
  /** Routers, services and middlewares, those of the proxy itself left out. */
  readonly elements: readonly [routers: number, services: number, middlewares: number]
  /** Elements added, removed and changed against `from`. */
  readonly changes: readonly [added: number, removed: number, changed: number]
}

/** Null: it says nothing, or nonsense. */
export function parseNotes(value: unknown): PublicationNotes | null {
  if (!isRecord(value)) return null
  const { from, commit, message, tool, command, allowed, elements, changes } = value
  if (from !== null && !isCount(from)) return null
  if (![commit, message, tool, command].every((text) => typeof text === 'string')) return null
  if (!Array.isArray(allowed) || !allowed.every((text) => typeof text === 'string')) return null
  return isThreeCounts(elements) && isThreeCounts(changes) ? (value as unknown as PublicationNotes) : null
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

const isThreeCounts = (value: unknown): boolean => Array.isArray(value) && value.length === 3 && value.every(isCount)
