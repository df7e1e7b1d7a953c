/**
 * A parsed condition of `circuitBreaker.expression` or `buffering.retryExpression`: metrics compared with literals.
 * Plain JSON; checked, so that a metric's arguments and the literal beside it have the types it takes.
 */
export type PredicateNode =
  | { readonly op: 'and' | 'or'; readonly left: PredicateNode; readonly right: PredicateNode }
  | { readonly op: 'is'; readonly metric: string; readonly args: readonly number[] }
  | {
      readonly op: PredicateComparison
      readonly metric: string
      readonly args: readonly number[]
      readonly value: number | string
    }

export type PredicateComparison = '==' | '!=' | '<' | '<=' | '>' | '>='
