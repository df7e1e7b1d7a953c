import { quote } from '../../../templates/quote.ts'
import { Unusable } from '../servers.ts'
import type { RouterAnnotations } from './annotations.ts'
import type { IngressOptions } from './options.ts'
import type { IngressPath } from './spec.ts'

const MATCHERS = ['Path', 'PathPrefix', 'PathRegexp']

/**
 * The rule of a path (Traefik `loadRouter`); empty where neither host nor path is said. Throws `Unusable`.
 * @param host of the rule that the path is in
 * @param field of the annotation that chooses the matcher
 */
export function ruleOf(
  host: string,
  path: IngressPath,
  { pathMatcher, ruleSyntax = '' }: RouterAnnotations,
  options: IngressOptions,
  field: string,
): string {
  const isV2 = (ruleSyntax || options.defaultRuleSyntax) === 'v2'
  const rules = [
    ...(host === '' ? [] : [isV2 ? hostRuleV2(host) : `Host(${quote(host)})`]),
    ...(path.path === '' ? [] : [pathRule(matcherOf(path, pathMatcher, field), path.path, options)]),
  ]
  return rules.join(' && ')
}

const WILDCARD = '*.'

const hostRuleV2 = (host: string): string =>
  host.startsWith(WILDCARD)
    ? `HostRegexp(${quote(`{subdomain:[a-zA-Z0-9-]+}.${host.slice(WILDCARD.length)}`)})`
    : `Host(${quote(host)})`

function matcherOf({ pathType }: IngressPath, chosen: string, field: string): string {
  if (pathType === 'Exact') return 'Path'
  if (pathType !== '' && pathType !== 'ImplementationSpecific') return 'PathPrefix'
  if (chosen === '') return 'PathPrefix'
  if (MATCHERS.includes(chosen)) return chosen
  const message = `invalid router path matcher ${quote(chosen)}: must be one of ${MATCHERS.join(', ')}`
  throw new Unusable(message, field)
}

/** By segments of the path, as Kubernetes means it, where that is wanted. */
function pathRule(matcher: string, path: string, { strictPrefixMatching }: IngressOptions): string {
  if (strictPrefixMatching !== true || matcher !== 'PathPrefix' || path === '/') return `${matcher}(${quote(path)})`
  const bare = path.endsWith('/') ? path.slice(0, -1) : path
  return `(Path(${quote(bare)}) || PathPrefix(${quote(`${bare}/`)}))`
}
