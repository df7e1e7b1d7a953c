import type { ConfigProblem } from '../../plan/problem.ts'

/** How a source is written; JSON is read as YAML. */
export type TreeFormat = 'yaml' | 'toml' | 'json'

/** A parsed source: plain data, with the text it came from so that positions can be found later. */
export interface ConfigTree {
  /** Null when it is empty or could not be parsed. Numbers beyond 2^53 are bigint, dates stay `Date`. */
  readonly value: unknown
  readonly source: {
    readonly format: TreeFormat
    /** What was parsed. */
    readonly text: string
    readonly file: string | null
    /** What the template of the file gave; absent: there is none. */
    readonly rendered?: string
    /** From places in `text` to those in the file, where the two differ. */
    readonly place?: (at: { line: number; column: number }) => { line: number; column: number }
  }
  /** Syntax errors and what was left out. */
  readonly problems: readonly ConfigProblem[]
}

/** A syntax error at a place; line and column count from 1. */
export class SyntaxProblem extends Error {
  readonly line: number
  readonly column: number
  constructor(message: string, line: number, column: number) {
    super(message)
    this.name = 'SyntaxProblem'
    this.line = line
    this.column = column
  }
}
