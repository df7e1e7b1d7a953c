import type { MatcherKind, Predicate } from '../../contracts/kinds.ts'
import type { CompileRegexp } from '../../contracts/regexp.ts'
import type { RuleNode } from '../../plan/rule.ts'
import { exactHost, hostPattern } from './host-pattern.ts'

/**
 * The matchers that most plans have; the others are a module of their own (`rare-matchers.ts`). `HostExact` comes from
 * rules of the v2 syntax.
 */
export const matcherKinds = {
  Host: ([pattern]) => {
    const matches = hostPattern(pattern!)
    return (request) => matches(request.host)
  },
  HostExact: (hosts) => {
    const matches = anyOf(hosts.map(exactHost))
    return (request) => matches(request.host)
  },
  Path:
    ([path]) =>
    (request) =>
      request.routingPath === path,
  PathPrefix: ([prefix]) => {
    const start = prefix!
    return (request) => request.routingPath.startsWith(start)
  },
  Method: (methods) => {
    const [only] = methods
    if (methods.length === 1) return (request) => request.method === only
    return (request) => methods.includes(request.method)
  },
} as const satisfies Record<string, MatcherKind>

/** Matchers by name. */
export type Matchers = Readonly<Record<string, MatcherKind>>

/**
 * Compiles a rule to one predicate; throws `Error` for a matcher that is not there. The predicate throws `TooCostly`
 * where it can't decide: that is neither a match nor none.
 * @param more matchers beside those that most plans have
 */
export function compileRule(node: RuleNode, compileRegexp: CompileRegexp, more: Matchers = {}): Predicate {
  switch (node.op) {
    case 'not': {
      const inner = compileRule(node.node, compileRegexp, more)
      return (request, cx) => !inner(request, cx)
    }
    case 'and': {
      const [first, second, ...rest] = operandsOf(node, 'and').map((operand) =>
        compileRule(operand, compileRegexp, more),
      )
      if (rest.length > 0) return all([first!, second!, ...rest])
      return (request, cx) => first!(request, cx) && second!(request, cx)
    }
    case 'or': {
      const [first, second, ...rest] = operandsOf(node, 'or').map((operand) =>
        compileRule(operand, compileRegexp, more),
      )
      if (rest.length > 0) return some([first!, second!, ...rest])
      return (request, cx) => first!(request, cx) || second!(request, cx)
    }
    case 'match': {
      const kinds: Matchers = Object.hasOwn(more, node.matcher) ? more : matcherKinds
      if (!Object.hasOwn(kinds, node.matcher)) throw new Error(`unknown matcher ${node.matcher}`)
      return kinds[node.matcher]!(node.args, node.regexps.map(compileRegexp))
    }
  }
}

/** The members of a chain of one operator in their order: `a && b && c` is nested to the left. */
export function operandsOf(node: RuleNode, op: 'and' | 'or'): readonly RuleNode[] {
  const operands: RuleNode[] = []
  let rest = node
  while (rest.op === op) {
    operands.push(rest.right)
    rest = rest.left
  }
  operands.push(rest)
  return operands.reverse()
}

function all(predicates: readonly Predicate[]): Predicate {
  return (request, cx) => {
    for (const predicate of predicates) if (!predicate(request, cx)) return false
    return true
  }
}

function some(predicates: readonly Predicate[]): Predicate {
  return (request, cx) => {
    for (const predicate of predicates) if (predicate(request, cx)) return true
    return false
  }
}

function anyOf(tests: readonly ((text: string) => boolean)[]): (text: string) => boolean {
  return tests.length === 1 ? tests[0]! : (text) => tests.some((test) => test(text))
}
