import { utf8ToBytes } from '@noble/hashes/utils.js'
import { goQuote } from '../../../../rules/matchers.ts'
import { quoteMeta } from '../../quote-meta.ts'
import type { GrpcMatch, HttpMatch, ValueMatch } from './specs.ts'

/** A rule for routers, and how far it goes before others. */
export interface MatchRule {
  readonly rule: string
  readonly priority: number
}

const length = (text: string): number => utf8ToBytes(text).length

/**
 * Rule of an HTTP match (Traefik `buildMatchRule`): exact paths before prefixes, long before short ones, then methods,
 * headers, query parameters and host names.
 */
export function httpMatchRule(
  hostnames: readonly string[],
  { path, method, headers, queryParams }: HttpMatch,
): MatchRule {
  const place = pathRule(path)
  const parts = [
    place.rule,
    ...(method === undefined ? [] : [`Method(${goQuote(method)})`]),
    ...headers.flatMap((match) => valueRule('Header', match)),
    ...queryParams.flatMap((match) => valueRule('Query', match)),
  ]
  const priority = place.priority + (method === undefined ? 0 : 1000) + headers.length * 100 + queryParams.length * 10
  return withHosts(hostnames, parts.join(' && '), priority)
}

/** Rule of a match of gRPC: service and method are the path. */
export function grpcMatchRule(hostnames: readonly string[], { method, headers }: GrpcMatch): MatchRule {
  const parts = [grpcMethodRule(method), ...headers.flatMap((match) => valueRule('Header', match))]
  const rule = parts.join(' && ')
  return withHosts(hostnames, rule, length(rule))
}

function withHosts(hostnames: readonly string[], rule: string, priority: number): MatchRule {
  if (hostnames.length === 0) return { rule, priority }
  const hosts = hostnames.map(hostRule)
  return {
    rule: `${hosts.length === 1 ? hosts[0] : `(${hosts.join(' || ')})`} && ${rule}`,
    priority: priority + Math.max(...hostnames.map(length)),
  }
}

function hostRule(hostname: string): string {
  if (!hostname.includes('*')) return `Host(${goQuote(hostname)})`
  return `HostRegexp(${goQuote(hostPattern(hostname))})`
}

const hostPattern = (hostname: string): string => `^${quoteMeta(hostname).replace('\\*\\.', '[a-z0-9-\\.]+\\.')}$`

function pathRule({ type, value }: HttpMatch['path']): MatchRule {
  switch (type) {
    case 'Exact':
      return { rule: `Path(${goQuote(value)})`, priority: 100_000 }
    case 'PathPrefix': {
      // Everything else is tried before what takes everything.
      if (value === '/') break
      const prefix = value.replace(/\/$/, '')
      const rule = `(Path(${goQuote(prefix)}) || PathPrefix(${goQuote(`${prefix}/`)}))`
      return { rule, priority: 10_000 + length(value) * 100 }
    }
    case 'RegularExpression':
      return { rule: `PathRegexp(${goQuote(value)})`, priority: 10_000 + length(value) * 100 }
  }
  return { rule: 'PathPrefix("/")', priority: 1 }
}

const valueRule = (matcher: 'Header' | 'Query', { type, name, value }: ValueMatch): readonly string[] => {
  if (type === 'Exact') return [`${matcher}(${goQuote(name)},${goQuote(value)})`]
  return type === 'RegularExpression' ? [`${matcher}Regexp(${goQuote(name)},${goQuote(value)})`] : []
}

function grpcMethodRule(match: GrpcMatch['method']): string {
  if (match === undefined) return 'PathPrefix("/")'
  const part = (text: string): string => (text === '' ? '[^/]+' : match.type === 'Exact' ? quoteMeta(text) : text)
  return `PathRegexp(${goQuote(`/${part(match.service)}/${part(match.method)}`)})`
}

/** Rule of a TLSRoute (Traefik `hostSNIRule`). */
export function sniRule(hostnames: readonly string[]): MatchRule {
  if (hostnames.length === 0) return { rule: 'HostSNI("*")', priority: 0 }
  const rules = [...new Set(hostnames)].map((hostname) =>
    hostname.includes('*') ? `HostSNIRegexp(${goQuote(hostPattern(hostname))})` : `HostSNI(${goQuote(hostname)})`,
  )
  const priorities = hostnames.map((hostname) => length(hostname) - (hostname.split('*').length - 1))
  return { rule: rules.join(' || '), priority: Math.max(...priorities) }
}
