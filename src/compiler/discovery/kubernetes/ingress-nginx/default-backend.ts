import type { HttpRouter } from '../../../dynamic/http.ts'
import type { BackendServer } from '../backends.ts'
import { Unusable } from '../servers.ts'
import type { World } from '../world.ts'
import { credentials } from './auth.ts'
import { annotatedService, type BackendService, bareService, plainService, serversOf } from './backends.ts'
import { DEFAULT_BACKEND, errorPages } from './errors.ts'
import { customHeaders } from './headers.ts'
import type { Location } from './location.ts'
import { middlewaresOf } from './middlewares.ts'
import { type NginxOptions, placeIn } from './options.ts'
import { clientAuthAt, hostsOf, locationOf } from './paths.ts'
import { wwwRedirect } from './redirects.ts'
import {
  addShared,
  attempt,
  pagesService,
  type RouteScope,
  toleratedServers,
  withoutCredentials,
} from './route-scope.ts'
import { addRouters, entryPointsOf, type RouterPlan, ruleOf } from './routers.ts'

/** What became of `spec.defaultBackend`. */
export interface DefaultRoutes {
  readonly isServed: boolean
  /** It would take everything that nobody else takes: there is one of them. */
  readonly isDefault: boolean
}

const FIELD = 'spec.defaultBackend'
const RULE = 'PathPrefix("/")'
const PRIORITY = -(2 ** 31)

/** What is left of the hosts of an Ingress; of everything where it has no rules. */
export function addDefaultBackend(scope: RouteScope): DefaultRoutes {
  const { spec, isSound } = scope
  const service = spec.defaultBackend?.service
  const none = { isServed: false, isDefault: false }
  if (service === undefined || !isSound(FIELD)) return none
  const servers = toleratedServers(scope, service, `${FIELD}.service`)
  if (spec.rules.length === 0) return { isServed: false, isDefault: addCatchAll(scope, service, servers) }
  return { isServed: addHosts(scope, service, servers), isDefault: false }
}

/** Whether it could be made. */
function addCatchAll(scope: RouteScope, service: BackendService, servers: readonly BackendServer[]): boolean {
  const { builder, transport, tlsOptions } = scope
  const location = locationOf(scope, '', '', service, servers.length)
  const plan = planOf(scope, { ...location, serverSnippet: '', usesRegex: false, hostRoot: null })
  if (plan === null) return false
  addShared(scope, FIELD)
  if (tlsOptions !== null) builder.add('tls.options', tlsOptions.name, tlsOptions.element, FIELD)
  const element = plainService(servers, scope.namespace, service, transport.name)
  builder.add(
    'http.services',
    DEFAULT_BACKEND,
    withoutCredentials(builder, DEFAULT_BACKEND, element, plan.isGuarded, FIELD),
    FIELD,
  )
  // What everybody else leaves has no host that connections could be told by, and goes without fields that can't be read.
  const routes = {
    isPlainOnly: false,
    isBroken: false,
    key: DEFAULT_BACKEND,
    rule: RULE,
    service: DEFAULT_BACKEND,
    tlsOptions: tlsOptions?.name ?? '',
    priority: PRIORITY,
  }
  addRouters(location, { ...plan, ...routes, www: null }, builder, FIELD)
  return true
}

function addHosts(scope: RouteScope, service: BackendService, servers: readonly BackendServer[]): boolean {
  const { namespace, ingress, spec, builder, annotations, transport, world } = scope
  const name = `${namespace}-${ingress.metadata.name}-default-backend`
  const hosts = [...new Set(spec.rules.map(({ host }) => host))]
  let isServed = false
  for (const [at, host] of hosts.entries()) {
    const location = locationOf(scope, host, '', service, servers.length)
    const plan = planOf(scope, location)
    if (plan === null) return isServed
    addShared(scope, FIELD)
    const element = annotatedService(servers, namespace, service, annotations, transport.name)
    builder.add('http.services', name, withoutCredentials(builder, name, element, plan.isGuarded, FIELD), FIELD)
    // A rule of nothing would be none.
    const rule = ruleOf(hostsOf(scope, host), '', '', false) || RULE
    const routes = {
      key: at === 0 ? name : `${name}-${at}`,
      rule,
      service: name,
      tlsOptions: clientAuthAt(scope, host, FIELD),
      www: wwwRedirect(location, world),
    }
    addRouters(location, { ...plan, ...routes }, builder, FIELD)
    isServed = true
  }
  return isServed
}

type Planned = Omit<RouterPlan, 'key' | 'rule' | 'service' | 'tlsOptions' | 'www'> & { readonly isGuarded: boolean }

/** Null: credentials can’t be asked for. */
function planOf(scope: RouteScope, location: Location): Planned | null {
  const made = attempt(scope.findings, 'the default backend is left out', () => ({
    credentials: credentials(scope),
    middlewares: middlewaresOf(location),
  }))
  if (made === null) return null
  const isCatchAll = scope.spec.rules.length === 0
  const consequence = isCatchAll ? 'there are none' : 'the default backend answers 503'
  const headers = attempt(scope.findings, consequence, () => ({
    middleware: customHeaders(scope),
  }))
  return {
    isBroken: headers === null,
    // Nobody gets there where all is answered with 503.
    isGuarded: made.credentials !== null && (headers !== null || isCatchAll),
    rootRule: null,
    isPlainOnly: scope.isPlainOnly,
    canary: null,
    pages: errorPages(location),
    middlewares: (errors) =>
      made.middlewares({ errors, credentials: made.credentials, customHeaders: headers?.middleware ?? null }),
    pagesFor: pagesService(scope, scope.builder, FIELD),
  }
}

/** What the provider's option `defaultBackendService` comes to. Throws `Unusable`. */
export function providerDefault(world: World, options: NginxOptions) {
  const text = options.defaultBackendService ?? ''
  if (text === '') return null
  const field = 'defaultBackendService'
  const place = placeIn(text)
  if (place === null) {
    throw new Unusable(`invalid default backend service format: ${text}, expected 'namespace/name'`, field)
  }
  const servers = serversOf(world, place.namespace, bareService(place.name), {}, options, field)
  const router = (isTls: boolean): HttpRouter => ({
    ...entryPointsOf(options, isTls),
    rule: RULE,
    ruleSyntax: 'default',
    priority: PRIORITY,
    service: DEFAULT_BACKEND,
    ...(isTls ? { tls: {} } : {}),
    observability: {
      traceVerbosity: 'minimal',
      metadata: { ingress: { namespace: place.namespace, kind: 'Ingress' } },
    },
  })
  return {
    routers: { [DEFAULT_BACKEND]: router(false), [`${DEFAULT_BACKEND}-tls`]: router(true) },
    service: plainService(servers, place.namespace, bareService(place.name)),
  }
}
