import type { PredicateComparison, PredicateNode } from '../../plan/predicate.ts'

/** What a predicate asks about: by name, a function that binds the arguments to a reading of `C`. */
export type Metrics<C> = Readonly<Record<string, (...args: number[]) => (subject: C) => number | string | boolean>>

/** A parsed condition as a function; every metric that it names is in `metrics`. */
export function compilePredicate<C>(node: PredicateNode, metrics: Metrics<C>): (subject: C) => boolean {
  switch (node.op) {
    case 'and':
    case 'or': {
      const left = compilePredicate(node.left, metrics)
      const right = compilePredicate(node.right, metrics)
      return node.op === 'and'
        ? (subject) => left(subject) && right(subject)
        : (subject) => left(subject) || right(subject)
    }
    case 'is': {
      const read = metrics[node.metric]!(...node.args)
      return (subject) => read(subject) === true
    }
    default: {
      const read = metrics[node.metric]!(...node.args)
      const compare = comparisons[node.op]
      const { value } = node
      return (subject) => compare(read(subject), value)
    }
  }
}

type Operand = number | string | boolean

const comparisons: Readonly<Record<PredicateComparison, (a: Operand, b: Operand) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}
