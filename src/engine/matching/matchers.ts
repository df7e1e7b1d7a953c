import type { CompileRegexp, Regexp } from '../../contracts/regexp.ts'
import { type Effort, spend, unlimitedEffort } from '../../http/effort.ts'
import { type Fields, fromFieldText, lowerName, sameName, toFieldText } from '../../http/fields.ts'
import { createIpMatcher } from '../../http/ip.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { RuleNode } from '../../plan/rule.ts'
import { exactHost, hostPattern } from './host-pattern.ts'

/** Whether a request is one that a rule is about. */
export type Predicate = (request: ProxyRequest, cx: RequestContext) => boolean

/** Makes a predicate of a matcher's checked arguments. */
export type MatcherKind = (args: readonly string[], regexps: readonly Regexp[]) => Predicate

/** The matchers a plan may name. `HostExact`, `HostTemplate` and `QueryTemplate` come from rules of the v2 syntax. */
export const matcherKinds = {
  Host: ([pattern]) => {
    const matches = hostPattern(pattern!)
    return (request) => matches(request.host) || matches(request.flatHost)
  },
  HostExact: (hosts) => {
    const matches = anyOf(hosts.map(exactHost))
    return (request) => matches(request.host) || matches(request.flatHost)
  },
  HostRegexp: (_, [regexp]) => {
    // Traefik also tries where aliases lead, which is empty as long as nobody follows them.
    if (regexp!.test('', unlimitedEffort())) return () => true
    return ({ host, flatHost }, cx) => regexp!.test(host, cx) || (flatHost !== '' && regexp!.test(flatHost, cx))
  },
  HostTemplate: (_, regexps) => {
    const matches = anyRegexp(regexps)
    return (request, cx) => matches(request.host, cx)
  },
  Path:
    ([path]) =>
    (request) =>
      request.routingPath === path,
  PathPrefix: ([prefix]) => {
    const start = prefix!
    return (request) => request.routingPath.startsWith(start)
  },
  PathRegexp: (_, regexps) => {
    const matches = anyRegexp(regexps)
    return (request, cx) => matches(request.routingPath, cx)
  },
  Method: (methods) => {
    const [only] = methods
    if (methods.length === 1) return (request) => request.method === only
    return (request) => methods.includes(request.method)
  },
  Header: ([name, value]) => {
    const lower = lowerName(name!)
    const wanted = toFieldText(value!)
    return (request, cx) => someLine(request.headers, lower, cx, (line) => line === wanted)
  },
  HeaderRegexp: ([name], [regexp]) => {
    const lower = lowerName(name!)
    const passes = (line: string, effort: Effort) => {
      spend(effort, line.length, name!)
      return regexp!.test(fromFieldText(line), effort)
    }
    return (request, cx) => someLine(request.headers, lower, cx, passes)
  },
  Query: ([key, value]) => {
    const passes = (found: string) => found === value
    return (request, cx) => someValue(request, key!, cx, passes)
  },
  QueryRegexp: ([key], [regexp]) => {
    const passes = (found: string, effort: Effort) => regexp!.test(found, effort)
    return (request, cx) => someValue(request, key!, cx, passes)
  },
  QueryTemplate:
    ([key], [regexp]) =>
    (request, cx) => {
      // Only the first value of the key counts.
      const value = request.queryValues(key!)[0]
      return value !== undefined && regexp!.test(`${key}=${value}`, cx)
    },
  ClientIP: (ranges) => {
    const clients = createIpMatcher(ranges)
    return (_, cx) => clients.contains(cx.client.address)
  },
} as const satisfies Record<string, MatcherKind>

const kinds: Readonly<Record<string, MatcherKind>> = matcherKinds

/**
 * Compiles a rule to one predicate; throws `Error` for a matcher this version does not know. The predicate throws
 * `TooCostly` where it can't decide: that is neither a match nor none.
 */
export function compileRule(node: RuleNode, compileRegexp: CompileRegexp): Predicate {
  switch (node.op) {
    case 'not': {
      const inner = compileRule(node.node, compileRegexp)
      return (request, cx) => !inner(request, cx)
    }
    case 'and': {
      const [first, second, ...rest] = operandsOf(node, 'and').map((operand) => compileRule(operand, compileRegexp))
      if (rest.length > 0) return all([first!, second!, ...rest])
      return (request, cx) => first!(request, cx) && second!(request, cx)
    }
    case 'or': {
      const [first, second, ...rest] = operandsOf(node, 'or').map((operand) => compileRule(operand, compileRegexp))
      if (rest.length > 0) return some([first!, second!, ...rest])
      return (request, cx) => first!(request, cx) || second!(request, cx)
    }
    case 'match': {
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

function anyRegexp(regexps: readonly Regexp[]): (text: string, effort: Effort) => boolean {
  const [only] = regexps
  if (regexps.length === 1) return (text, effort) => only!.test(text, effort)
  return (text, effort) => regexps.some((regexp) => regexp.test(text, effort))
}

function anyOf(tests: readonly ((text: string) => boolean)[]): (text: string) => boolean {
  return tests.length === 1 ? tests[0]! : (text) => tests.some((test) => test(text))
}

/** What a look at a field line or a value costs, in steps of `Effort`. */
const LOOK = 5

/**
 * Each field line is one value: lists are not split, except where the platform has joined lines. Host is no field to
 * rules.
 */
function someLine(
  { lines, joined }: Fields,
  lower: string,
  effort: Effort,
  passes: (value: string, effort: Effort) => boolean,
): boolean {
  if (lower === 'host') return false
  spend(effort, lines.length * LOOK, lower)
  for (let i = 0; i < lines.length; i += 2) {
    if (!sameName(lines[i]!, lower)) continue
    const value = lines[i + 1]!
    if (passes(value, effort)) return true
    if (!joined || !value.includes(', ')) continue
    spend(effort, value.length * LOOK, lower)
    if (value.split(', ').some((part) => passes(part, effort))) return true
  }
  return false
}

function someValue(
  request: ProxyRequest,
  key: string,
  effort: Effort,
  passes: (value: string, effort: Effort) => boolean,
): boolean {
  const values = request.queryValues(key)
  spend(effort, values.length * LOOK, key)
  for (const value of values) if (passes(value, effort)) return true
  return false
}
