import type { PredicateNode } from '../../plan/predicate.ts'
import { type PredicateLanguage, parsePredicate } from '../../rules/predicate/parse.ts'
import { PredicateSyntaxError } from '../../rules/predicate/tokens.ts'
import { PrepareError } from '../../schema/element.ts'

/** A condition of an option, checked; throws `PrepareError` for one that is wrong. */
export function preparePredicate(expression: string, language: PredicateLanguage): PredicateNode {
  try {
    return parsePredicate(expression, language)
  } catch (error) {
    if (error instanceof PredicateSyntaxError) throw new PrepareError(error.message, [], error.hint)
    throw error
  }
}
