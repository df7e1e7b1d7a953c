import type { MatcherKind } from '../../contracts/kinds.ts'
import type { Regexp } from '../../contracts/regexp.ts'
import { type Effort, spend, unlimitedEffort } from '../../http/effort.ts'
import { type Fields, fromFieldText, lowerName, sameName, toFieldText } from '../../http/fields.ts'
import { createIpMatcher } from '../../http/ip.ts'
import { queryValuesOf } from '../../http/query.ts'
import type { ProxyRequest } from '../../http/request.ts'

/** The matchers beside `matchers.ts`: a module of its own for plans that name one. `HostTemplate` and `QueryTemplate` come from rules of the v2 syntax. */
export const rareMatchers = {
  HostRegexp: (_, [regexp]) => {
    // Traefik also tries the flattened host, which is empty as long as nothing flattens.
    if (regexp!.test('', unlimitedEffort())) return () => true
    return (request, cx) => regexp!.test(request.host, cx)
  },
  HostTemplate: (_, regexps) => {
    const matches = anyRegexp(regexps)
    return (request, cx) => matches(templateHost(request), cx)
  },
  PathRegexp: (_, regexps) => {
    const matches = anyRegexp(regexps)
    return (request, cx) => matches(request.routingPath, cx)
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
      const value = queryValuesOf(request, key!)[0]
      return value !== undefined && regexp!.test(`${key}=${value}`, cx)
    },
  ClientIP: (ranges) => {
    const clients = createIpMatcher(ranges)
    return (_, cx) => clients.contains(cx.client.address)
  },
} as const satisfies Record<string, MatcherKind>

/** The v2 syntax takes brackets off only with a port behind them. */
const templateHost = ({ authority, host }: ProxyRequest): string => (authority.endsWith(']') ? authority : host)

function anyRegexp(regexps: readonly Regexp[]): (text: string, effort: Effort) => boolean {
  const [only] = regexps
  if (regexps.length === 1) return (text, effort) => only!.test(text, effort)
  return (text, effort) => regexps.some((regexp) => regexp.test(text, effort))
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
  const values = queryValuesOf(request, key)
  spend(effort, values.length * LOOK, key)
  for (const value of values) if (passes(value, effort)) return true
  return false
}
