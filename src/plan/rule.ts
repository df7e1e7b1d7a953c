import type { RegexpPlan } from './regexp.ts'

/**
 * A parsed rule. `matcher` names a kind in `engine/matching/matchers.ts`; its arguments are checked, its expressions
 * compiled. Rules of both syntaxes end here: v2's templates have become regular expressions, its lists several
 * arguments.
 */
export type RuleNode =
  | { readonly op: 'and' | 'or'; readonly left: RuleNode; readonly right: RuleNode }
  | { readonly op: 'not'; readonly node: RuleNode }
  | {
      readonly op: 'match'
      readonly matcher: string
      readonly args: readonly string[]
      readonly regexps: readonly RegexpPlan[]
    }
