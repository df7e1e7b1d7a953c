import type { RegexpPlan } from '../../plan/regexp.ts'
import { planRegexp } from '../../rules/go-regexp/plan-regexp.ts'
import { RegexpSyntaxError } from '../../rules/go-regexp/syntax-error.ts'
import { PrepareError } from '../../schema/element.ts'

/**
 * A regular expression of an option, compiled; throws `PrepareError` with Go's message behind `context` for one that Go
 * would refuse.
 */
export function prepareRegexp(source: string, context = ''): RegexpPlan {
  try {
    return planRegexp(source)
  } catch (error) {
    if (error instanceof RegexpSyntaxError) throw new PrepareError(context + error.message)
    throw error
  }
}
