import type { MatcherKind } from '../../contracts/kinds.ts'
import { unlimitedEffort } from '../../http/effort.ts'
import type { ProxyRequest } from '../../http/request.ts'
import { hostPattern } from './host-pattern.ts'

const flatHosts = new WeakMap<ProxyRequest, string>()

/** Says where the aliases of a request's host lead in the end, itself where it is none. */
export const setFlatHost = (request: ProxyRequest, host: string): void => void flatHosts.set(request, host)

/** Empty: nobody has said it. */
export const flatHostOf = (request: ProxyRequest): string => flatHosts.get(request) ?? ''

/**
 * The matchers of hosts where aliases are followed (Traefik v3.7 `pkg/muxer/http/matcher.go`): in place of those that
 * know a request's own host alone.
 */
export const aliasMatchers = {
  Host: ([pattern]) => {
    const matches = hostPattern(pattern!)
    // No dot at the end is forgiven then.
    const isSame = (host: string) => matches(host) && (pattern === '*' || host.endsWith('.') === pattern!.endsWith('.'))
    return (request) => isSame(request.host) || isSame(flatHostOf(request))
  },
  HostExact: (hosts) => (request) => hosts.includes(request.host) || hosts.includes(flatHostOf(request)),
  HostRegexp: (_, [regexp]) => {
    const matchesNothing = regexp!.test('', unlimitedEffort())
    return (request, cx) => {
      const flat = flatHostOf(request)
      return regexp!.test(request.host, cx) || (flat === '' ? matchesNothing : regexp!.test(flat, cx))
    }
  },
} as const satisfies Record<string, MatcherKind>
