import { createIpMatcher } from '../http/ip.ts'
import type { RegexpPlan } from '../plan/regexp.ts'
import type { RuleNode } from '../plan/rule.ts'
import { planRegexp } from './go-regexp/plan-regexp.ts'

/**
 * Checks the arguments of a matcher and gives its node; throws `Error` with Traefik's words
 * (`pkg/muxer/http/matcher.go`). There is at least one argument and none is empty.
 */
export type MatcherSyntax = (args: readonly string[]) => RuleNode

/** A node that matches. */
export const match = (matcher: string, args: readonly string[], regexps: readonly RegexpPlan[] = []): RuleNode => ({
  op: 'match',
  matcher,
  args,
  regexps,
})

/** The matchers of the v3 syntax. */
export const matchersV3: Readonly<Record<string, MatcherSyntax>> = {
  ClientIP: counted([1], ([range]) => {
    checkRange(range!, 'initializing IP checker for ClientIP matcher')
    return match('ClientIP', [range!])
  }),
  Method: counted([1], ([method]) => match('Method', [method!.toUpperCase()])),
  Host: counted([1], ([host]) => {
    if (!isAscii(host!)) {
      throw new Error(`invalid value ${goQuote(host!)} for Host matcher, non-ASCII characters are not allowed`)
    }
    return match('Host', [host!.toLowerCase()])
  }),
  HostRegexp: counted([1], ([pattern]) => {
    if (!isAscii(pattern!)) {
      throw new Error(`invalid value ${goQuote(pattern!)} for HostRegexp matcher, non-ASCII characters are not allowed`)
    }
    return match('HostRegexp', [pattern!], [compiled(pattern!, 'HostRegexp')])
  }),
  Path: counted([1], ([path]) => match('Path', [rooted(path!)])),
  PathPrefix: counted([1], ([path]) => match('PathPrefix', [rooted(path!)])),
  // Traefik's own slip: it names PathPrefix here.
  PathRegexp: counted([1], ([pattern]) => match('PathRegexp', [pattern!], [compiled(pattern!, 'PathPrefix')])),
  Header: counted([2], ([name, value]) => match('Header', [name!, value!])),
  HeaderRegexp: counted([2], ([name, pattern]) =>
    match('HeaderRegexp', [name!, pattern!], [compiled(pattern!, 'HeaderRegexp')]),
  ),
  Query: counted([1, 2], ([name, value]) => match('Query', [name!, value ?? ''])),
  QueryRegexp: counted([1, 2], ([name, pattern]) =>
    pattern === undefined
      ? match('Query', [name!, ''])
      : match('QueryRegexp', [name!, pattern], [compiled(pattern, 'QueryRegexp')]),
  ),
}

function counted(counts: readonly number[], syntax: MatcherSyntax): MatcherSyntax {
  return (args) => {
    if (counts.includes(args.length)) return syntax(args)
    throw new Error(`unexpected number of parameters; got ${args.length}, expected one of [${counts.join(' ')}]`)
  }
}

function compiled(pattern: string, matcher: string): RegexpPlan {
  try {
    return planRegexp(pattern)
  } catch (error) {
    throw new Error(`compiling ${matcher} matcher: ${(error as Error).message}`)
  }
}

function rooted(path: string): string {
  if (path.startsWith('/')) return path
  throw new Error(`path ${goQuote(path)} does not start with a '/'`)
}

/** Throws unless the text is an address or a range. */
export function checkRange(range: string, where: string): void {
  try {
    createIpMatcher([range])
  } catch (error) {
    throw new Error(`${where}: parsing CIDR trusted IPs <nil>: ${(error as Error).message}`)
  }
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '"': '\\"', '\\': '\\\\',
} // biome-ignore format: a table

/** A text as Go's `%q` writes it. */
export function goQuote(text: string): string {
  let out = ''
  for (const char of text) {
    const point = char.codePointAt(0)!
    const short = ESCAPES[char]
    if (short !== undefined) out += short
    else if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char)) out += char
    else if (point < 128) out += `\\x${point.toString(16).padStart(2, '0')}`
    else if (point >= 0xdc80 && point <= 0xdcff) out += `\\x${(point - 0xdc00).toString(16)}`
    else
      out += point > 0xffff ? `\\U${point.toString(16).padStart(8, '0')}` : `\\u${point.toString(16).padStart(4, '0')}`
  }
  return `"${out}"`
}
