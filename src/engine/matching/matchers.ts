import { type Fields, fromFieldText, lowerName, sameName, toFieldText } from '../../http/fields.ts'
import { createIpMatcher } from '../../http/ip.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { RegexpPlan } from '../../plan/regexp.ts'
import type { RuleNode } from '../../plan/rule.ts'
import { exactHost, hostPattern } from './host-pattern.ts'
import { findQueryValue } from './query.ts'
import { compileRegexp } from './regexp/regexp.ts'

/** Whether a request is one that a rule is about. */
export type Predicate = (request: ProxyRequest, cx: RequestContext) => boolean

/** Makes a predicate of a matcher's checked arguments. */
export type MatcherKind = (args: readonly string[], regexps: readonly RegexpPlan[]) => Predicate

/** The matchers a plan may name. `HostExact`, `HostTemplate` and `QueryTemplate` come from rules of the v2 syntax. */
export const matcherKinds = {
  Host: ([pattern]) => {
    const matches = hostPattern(pattern!)
    return (request) => matches(request.host)
  },
  HostExact: (hosts) => {
    const matches = anyOf(hosts.map(exactHost))
    return (request) => matches(request.host)
  },
  HostRegexp: (_, [plan]) => {
    const regexp = compileRegexp(plan!)
    // Traefik also tries the flattened host, which is empty as long as nothing flattens.
    if (regexp.test('')) return () => true
    return (request) => regexp.test(request.host)
  },
  HostTemplate: (_, plans) => {
    const matches = anyOf(plans.map(tester))
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
  PathRegexp: (_, plans) => {
    const matches = anyOf(plans.map(tester))
    return (request) => matches(request.routingPath)
  },
  Method: (methods) => {
    const [only] = methods
    if (methods.length === 1) return (request) => request.method === only
    return (request) => methods.includes(request.method)
  },
  Header: ([name, value]) => {
    const lower = lowerName(name!)
    const wanted = toFieldText(value!)
    return (request) => someLine(request.headers, lower, (line) => line === wanted)
  },
  HeaderRegexp: ([name], [plan]) => {
    const lower = lowerName(name!)
    const matches = tester(plan!)
    const passes = (line: string) => matches(fromFieldText(line))
    return (request) => someLine(request.headers, lower, passes)
  },
  Query: ([key, value]) => {
    const passes = (found: string) => found === value
    return ({ query }) => query !== '' && findQueryValue(query, key!, passes) !== null
  },
  QueryRegexp: ([key], [plan]) => {
    const passes = tester(plan!)
    return ({ query }) => query !== '' && findQueryValue(query, key!, passes) !== null
  },
  QueryTemplate: ([key], [plan]) => {
    const matches = tester(plan!)
    return ({ query }) => {
      // Only the first value of the key counts.
      const value = findQueryValue(query, key!, always)
      return value !== null && matches(`${key}=${value}`)
    }
  },
  ClientIP: (ranges) => {
    const clients = createIpMatcher(ranges)
    return (_, cx) => clients.contains(cx.client.address)
  },
} as const satisfies Record<string, MatcherKind>

const kinds: Readonly<Record<string, MatcherKind>> = matcherKinds

/** Compiles a rule to one predicate; throws `Error` for a matcher this version does not know. */
export function compileRule(node: RuleNode): Predicate {
  switch (node.op) {
    case 'not': {
      const inner = compileRule(node.node)
      return (request, cx) => !inner(request, cx)
    }
    case 'and': {
      const [first, second, ...rest] = operandsOf(node, 'and').map(compileRule)
      if (rest.length > 0) return all([first!, second!, ...rest])
      return (request, cx) => first!(request, cx) && second!(request, cx)
    }
    case 'or': {
      const [first, second, ...rest] = operandsOf(node, 'or').map(compileRule)
      if (rest.length > 0) return some([first!, second!, ...rest])
      return (request, cx) => first!(request, cx) || second!(request, cx)
    }
    case 'match': {
      if (!Object.hasOwn(kinds, node.matcher)) throw new Error(`unknown matcher ${node.matcher}`)
      return kinds[node.matcher]!(node.args, node.regexps)
    }
  }
}

/** The members of a chain of one operator in their order: `a && b && c` is nested to the left. */
function operandsOf(node: RuleNode, op: 'and' | 'or'): readonly RuleNode[] {
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

const always = (): boolean => true

function tester(plan: RegexpPlan): (text: string) => boolean {
  const regexp = compileRegexp(plan)
  return (text) => regexp.test(text)
}

function anyOf(tests: readonly ((text: string) => boolean)[]): (text: string) => boolean {
  return tests.length === 1 ? tests[0]! : (text) => tests.some((test) => test(text))
}

/**
 * Each field line is one value: lists are not split, except where the platform has joined lines. Host is no field to
 * rules.
 */
function someLine({ lines, joined }: Fields, lower: string, passes: (value: string) => boolean): boolean {
  if (lower === 'host') return false
  for (let i = 0; i < lines.length; i += 2) {
    if (!sameName(lines[i]!, lower)) continue
    const value = lines[i + 1]!
    if (passes(value) || (joined && value.includes(', ') && value.split(', ').some(passes))) return true
  }
  return false
}
