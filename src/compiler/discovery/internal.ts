import type { DynamicConfig } from '../dynamic/dynamic.ts'
import type { HttpMiddleware, HttpRouter, HttpService } from '../dynamic/http.ts'
import { localName, nameMap, providerOf } from '../dynamic/names.ts'
import { INTERNAL_ENTRY_POINT } from '../install/defaults.ts'
import type { InstallConfig } from '../install/install.ts'
import { redirectionPort } from '../install/redirection-port.ts'

/** Priorities above those that users may give: 2^63-1 and below. */
const HIGHEST = '9223372036854775807'
const API_PRIORITY = '9223372036854775806'
const DASHBOARD_PRIORITY = '9223372036854775805'

const ACME_CHALLENGE = 'PathPrefix(`/.well-known/acme-challenge/`)'

/** Traefik's mark for rules of its own: the default syntax does not apply to them. */
const OWN_SYNTAX = 'default'

interface Objects {
  readonly routers: Record<string, HttpRouter>
  readonly services: Record<string, HttpService>
  readonly middlewares: Record<string, HttpMiddleware>
}

/**
 * What the proxy itself adds to the routing configuration: its API, dashboard, ping, metrics, the redirections of entry
 * points, the default transports (Traefik v3.7 `pkg/provider/traefik/internal.go`).
 */
export const internalConfiguration = (install: InstallConfig): DynamicConfig => {
  const objects: Objects = { routers: nameMap(), services: nameMap(), middlewares: nameMap() }
  objects.services.noop = {}
  addApi(install, objects)
  addService(objects, 'ping', '/ping', install.ping)
  addService(objects, 'ready', '/ready', install.ready)
  addService(objects, 'prometheus', '/metrics', install.metrics?.prometheus)
  const rest = install.providers.rest
  if (rest !== undefined) {
    const manualRouting = rest.insecure !== true
    addService(objects, 'rest', '/api/providers', { entryPoint: INTERNAL_ENTRY_POINT, manualRouting })
  }
  addRedirections(install, objects)
  addChallenges(install, objects)
  const { insecureSkipVerify, rootCAs, maxIdleConnsPerHost, forwardingTimeouts, spiffe } = install.serversTransport
  const { maxResponseHeaderBytes, maxResponseHeaderFields } = install.serversTransport
  const { dialTimeout, dialKeepAlive, tls } = install.tcpServersTransport
  return {
    http: {
      ...objects,
      serversTransports: {
        default: {
          ...(insecureSkipVerify === undefined ? {} : { insecureSkipVerify }),
          ...(rootCAs === undefined ? {} : { rootCAs }),
          ...(spiffe === undefined ? {} : { spiffe }),
          maxIdleConnsPerHost,
          ...(forwardingTimeouts === undefined
            ? {}
            : { forwardingTimeouts: { ...forwardingTimeouts, pingTimeout: '0s' } }),
          ...(maxResponseHeaderBytes === undefined ? {} : { maxResponseHeaderBytes }),
          ...(maxResponseHeaderFields === undefined ? {} : { maxResponseHeaderFields }),
        },
      },
    },
    tcp: {
      serversTransports: {
        default: {
          dialTimeout,
          dialKeepAlive,
          terminationDelay: '100ms',
          ...(tls === undefined
            ? {}
            : {
                tls: {
                  insecureSkipVerify: tls.insecureSkipVerify,
                  rootCAs: tls.rootCAs,
                  ...(tls.spiffe === undefined ? {} : { spiffe: tls.spiffe }),
                },
              }),
        },
      },
    },
  }
}

const ownRouter = (entryPoint: string, rule: string, service: string, priority: string): HttpRouter => ({
  entryPoints: [entryPoint],
  rule,
  ruleSyntax: OWN_SYNTAX,
  service,
  priority,
})

const addService = (
  { routers, services }: Objects,
  name: string,
  path: string,
  block: { readonly entryPoint: string; readonly manualRouting?: boolean | undefined } | undefined,
) => {
  if (block === undefined) return
  services[name] = {}
  if (block.manualRouting === true) return
  routers[name] = ownRouter(block.entryPoint, `PathPrefix(\`${path}\`)`, `${name}@internal`, HIGHEST)
}

const addApi = ({ api }: InstallConfig, { routers, services, middlewares }: Objects) => {
  if (api === undefined) return
  services.api = {}
  if (api.dashboard) services.dashboard = {}
  if (api.insecure !== true) return
  routers.api = ownRouter(INTERNAL_ENTRY_POINT, 'PathPrefix(`/api`)', 'api@internal', API_PRIORITY)
  if (api.dashboard) {
    routers.dashboard = {
      ...ownRouter(INTERNAL_ENTRY_POINT, 'PathPrefix(`/`)', 'dashboard@internal', DASHBOARD_PRIORITY),
      middlewares: ['dashboard_redirect@internal', 'dashboard_stripprefix@internal'],
    }
    middlewares.dashboard_redirect = {
      redirectRegex: {
        regex: '^(http:\\/\\/(\\[[\\w:.]+\\]|[\\w\\._-]+)(:\\d+)?)\\/$',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a group of the expression
        replacement: '${1}/dashboard/',
        permanent: true,
      },
    }
    middlewares.dashboard_stripprefix = { stripPrefix: { prefixes: ['/dashboard/', '/dashboard'] } }
  }
  if (api.debug === true) {
    routers.debug = ownRouter(INTERNAL_ENTRY_POINT, 'PathPrefix(`/debug`)', 'api@internal', API_PRIORITY)
  }
}

/** Answers to HTTP-01, above everything else, or where an entry point lets routers of users go first, below them. */
const addChallenges = ({ certificatesResolvers = {}, entryPoints = {} }: InstallConfig, objects: Objects) => {
  const named = Object.values(certificatesResolvers).map(({ acme }) => acme?.httpChallenge?.entryPoint ?? '')
  const unique = [...new Set(named)].filter((name) => name !== '').sort()
  const isPassed = (name: string) => entryPoints[name]?.allowACMEByPass === true
  const above = unique.filter((name) => !isPassed(name))
  const below = unique.filter(isPassed)
  if (unique.length > 0) objects.services['acme-http'] = {}
  const router = { rule: ACME_CHALLENGE, ruleSyntax: OWN_SYNTAX, service: 'acme-http@internal' }
  if (above.length > 0) objects.routers['acme-http'] = { ...router, entryPoints: above, priority: HIGHEST }
  if (below.length > 0) objects.routers['acme-http-bypass'] = { ...router, entryPoints: below }
}

/** Name of the middleware of the router that redirects an entry point. */
const redirectionOf = (router: string): string => `redirect-${router}`

/** Whether a router is there to redirect a whole entry point. @param name qualified */
export const redirectsEntryPoint = (name: string, { middlewares = [] }: HttpRouter): boolean =>
  providerOf(name) === 'internal' && middlewares.includes(redirectionOf(localName(name)))

const addRedirections = (install: InstallConfig, { routers, middlewares }: Objects) => {
  for (const [name, entryPoint] of Object.entries(install.entryPoints ?? {})) {
    const redirection = entryPoint.http.redirections?.entryPoint
    if (redirection === undefined) continue
    const target = redirection.to ?? ''
    const port = redirectionPort(target, install)
    // A target that does not exist leaves the entry point without the redirection; `validateInstall` says so.
    if (port === null) continue
    const id = `${name}-to-${target.replace(/^:/, '')}`
    const byPass = entryPoint.allowACMEByPass === true ? ` && !${ACME_CHALLENGE}` : ''
    const { scheme, permanent, priority } = redirection
    routers[id] = {
      ...ownRouter(name, `HostRegexp(\`^.+$\`)${byPass}`, 'noop@internal', String(priority)),
      middlewares: [redirectionOf(id)],
    }
    middlewares[redirectionOf(id)] = { redirectScheme: { scheme, port, permanent } }
  }
}
