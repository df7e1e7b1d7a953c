import type { RuleNode } from '../plan/rule.ts'
import { planRegexp } from './go-regexp/plan-regexp.ts'
import { checkRange, goQuote, isAscii, type MatcherSyntax, match } from './matchers.ts'
import { planTemplate, templateVariables } from './mux-template.ts'

/**
 * The matchers of the deprecated v2 syntax (Traefik `pkg/muxer/http/matcher_v2.go`). Most take any number of
 * alternatives; what v3's kinds can say becomes one of those.
 */
export const matchersV2: Readonly<Record<string, MatcherSyntax>> = {
  Host: hosts,
  HostHeader: hosts,
  HostRegexp: (args) => {
    const regexps = args.map((template) => {
      if (isAscii(template)) return planTemplate(template, 'host')
      throw new Error(`invalid value ${goQuote(template)} for HostRegexp matcher, non-ASCII characters are not allowed`)
    })
    return match('HostTemplate', args, regexps)
  },
  ClientIP: (args) => {
    for (const range of args) checkRange(range, 'could not initialize IP Checker for "ClientIP" matcher')
    return match('ClientIP', args)
  },
  Path: (args) =>
    match(
      'PathRegexp',
      args,
      args.map((template) => planTemplate(template, 'path')),
    ),
  PathPrefix: (args) =>
    match(
      'PathRegexp',
      args,
      args.map((template) => planTemplate(template, 'prefix')),
    ),
  Method: (args) =>
    match(
      'Method',
      args.map((method) => method.toUpperCase()),
    ),
  Headers: (args) => all(pairs(args).map(([name, value]) => match('Header', [name, value]))),
  HeadersRegexp: (args) =>
    all(pairs(args).map(([name, pattern]) => match('HeaderRegexp', [name, pattern], [planRegexp(pattern)]))),
  Query: (args) => {
    const parts = args.flatMap((arg) => {
      const at = arg.indexOf('=')
      return at === -1 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)]
    })
    const variables = new Set<string>()
    return all(
      pairs(parts).map(([name, value]) => {
        const template = `${name}=${value}`
        for (const variable of templateVariables(template)) {
          if (variables.has(variable)) throw new Error(`mux: duplicated route variable ${goQuote(variable)}`)
        }
        for (const variable of templateVariables(template)) variables.add(variable)
        return match('QueryTemplate', [name, template], [planTemplate(template, 'query')])
      }),
    )
  },
}

function hosts(args: readonly string[]): RuleNode {
  for (const host of args) {
    if (!isAscii(host)) {
      throw new Error(`invalid value ${goQuote(host)} for "Host" matcher, non-ASCII characters are not allowed`)
    }
  }
  return match(
    'HostExact',
    args.map((host) => host.toLowerCase()),
  )
}

function pairs(args: readonly string[]): readonly (readonly [string, string])[] {
  if (args.length % 2 !== 0) {
    throw new Error(`mux: number of parameters must be multiple of 2, got [${args.join(' ')}]`)
  }
  return args.flatMap((name, i) => (i % 2 === 0 ? [[name, args[i + 1]!] as const] : []))
}

const all = (nodes: readonly RuleNode[]): RuleNode => nodes.reduce((left, right) => ({ op: 'and', left, right }))
