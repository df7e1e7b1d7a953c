/**
 * A Go regular expression, ready to run without knowing Go's syntax. Plain JSON.
 * `groups` names the capture groups from 1 on; null for those without a name.
 */
export type RegexpPlan = NativeRegexpPlan | ProgramRegexpPlan

/** A JavaScript pattern of the same meaning, proven to search in linear time. */
export interface NativeRegexpPlan {
  readonly kind: 'native'
  readonly source: string
  readonly flags: string
  /** Steps of the JavaScript engine for each character of a text, at most. */
  readonly cost: number
  /** The same expression for the machine, which counts what it does; null where `cost` is small. */
  readonly program: ProgramRegexpPlan | null
  readonly groups: readonly (string | null)[]
}

/** Instructions for the machine in `engine/matching/regexp`, which is linear for every program. */
export interface ProgramRegexpPlan {
  readonly kind: 'program'
  /** As it is written, for messages. */
  readonly source: string
  readonly groups: readonly (string | null)[]
  /** Three numbers an instruction: operation, operand, next (see `RegexpOp`). */
  readonly code: readonly number[]
  readonly start: number
  /** Sets of code points as pairs of first and last, ascending. */
  readonly sets: readonly (readonly number[])[]
  /** Matches begin at the start of the text only. */
  readonly anchored: boolean
  /** Literal text every match begins with. */
  readonly prefix: string
}

/**
 * Operations of a program.
 * - `set`: operand is an index of `sets`, or `-1 - c` for the single code point `c`
 * - `split`: tries its operand first, then next
 * - `save`: operand is the slot that takes the position
 * - `assert`: operand is one of `RegexpAssertion`
 */
export const RegexpOp = { match: 0, set: 1, split: 2, save: 3, assert: 4 } as const

export const RegexpAssertion = {
  textStart: 0,
  textEnd: 1,
  lineStart: 2,
  lineEnd: 3,
  wordBoundary: 4,
  noWordBoundary: 5,
} as const
