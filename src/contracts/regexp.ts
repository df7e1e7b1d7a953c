import type { Effort } from '../http/effort.ts'
import type { RegexpPlan } from '../plan/regexp.ts'

/** Where an expression was found. */
export interface RegexpMatch {
  /** UTF-16 offsets. */
  readonly index: number
  readonly end: number
  /** The match and its capture groups; undefined for groups that took no part. */
  readonly groups: readonly (string | undefined)[]
}

/**
 * A regular expression with Go's meaning (RE2: unanchored, leftmost-first), linear in the text whatever it is. What it
 * does is taken from an effort; everything throws `TooCostly` once that is spent.
 */
export interface Regexp {
  test(text: string, effort: Effort): boolean
  /** The first match at or behind `from`. */
  exec(text: string, effort: Effort, from?: number): RegexpMatch | null
  /** All matches replaced as Go's `ReplaceAllString` does. */
  replaceAll(text: string, template: string, effort: Effort): string
  /** The template with the match's groups filled in; unknown and absent groups are empty. */
  expand(match: RegexpMatch, template: string): string
}

/** Makes a plan runnable. Cheap: parsing and proofs are done. */
export type CompileRegexp = (plan: RegexpPlan) => Regexp
