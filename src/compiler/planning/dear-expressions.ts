import { MAX_STEPS } from '../../http/effort.ts'
import type { ProgramRegexpPlan } from '../../plan/regexp.ts'

/** An expression that may be given up on texts of a usual length. */
export interface DearExpression {
  readonly source: string
  readonly message: string
}

export const DEAR_HINT = 'use * or + where a number of repetitions is not needed, and let servers check lengths'

/** Steps for each instruction and character, about. */
const PER_INSTRUCTION = 45
/** Characters that are nothing special in a path or a field. */
const USUAL_LENGTH = 1000

/** The dear ones among all expressions of a prepared element or a rule, wherever they are. */
export function dearExpressions(config: unknown): readonly DearExpression[] {
  const found: DearExpression[] = []
  const rest: unknown[] = [config]
  while (rest.length > 0) {
    const value = rest.pop()
    if (typeof value !== 'object' || value === null) continue
    if (!isProgram(value)) {
      rest.push(...Object.values(value))
      continue
    }
    const length = Math.floor(MAX_STEPS / (PER_INSTRUCTION * (value.code.length / 3)))
    if (length < USUAL_LENGTH) found.push({ source: value.source, message: messageOf(length) })
  }
  return found
}

const isProgram = (value: object): value is ProgramRegexpPlan =>
  'kind' in value && value.kind === 'program' && 'code' in value && 'source' in value

const messageOf = (length: number): string =>
  `the expression has so many repetitions that requests with more than about ${length} characters to match may be refused with 400`
