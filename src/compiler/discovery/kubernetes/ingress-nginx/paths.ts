import type { HttpService } from '../../../dynamic/http.ts'
import type { IngressPath } from '../ingress/spec.ts'
import { stickyOf } from './affinity.ts'
import { annotationField } from './annotations.ts'
import { credentials } from './auth.ts'
import { annotatedService, type BackendService, portText } from './backends.ts'
import { type CanaryChoice, canaryRule, nonCanaryRule } from './canary.ts'
import { pathTypeOf } from './claim.ts'
import { errorPages } from './errors.ts'
import { customHeaders } from './headers.ts'
import type { Location } from './location.ts'
import { middlewaresOf } from './middlewares.ts'
import { wwwRedirect } from './redirects.ts'
import {
  addShared,
  attempt,
  pagesService,
  type RouteScope,
  toleratedServers,
  withoutCredentials,
} from './route-scope.ts'
import { addRouters, routerKey, ruleOf } from './routers.ts'
import { backendKey, type Canary, ingressKey, locationId } from './survey.ts'
import { aliasOwnerIn, canaryIn, hostIn } from './survey-world.ts'

/** Adds the routes of all paths. Returns whether there are any. */
export function addPaths(scope: RouteScope): boolean {
  let isServed = false
  for (const [at, { host, http }] of scope.spec.rules.entries()) {
    for (const [index, path] of (http?.paths ?? []).entries()) {
      const field = `spec.rules[${at}].http.paths[${index}]`
      if (scope.isSound(field) && addPath(scope, host, path, at, index, field)) isServed = true
    }
  }
  return isServed
}

function addPath(
  scope: RouteScope,
  host: string,
  path: IngressPath,
  at: number,
  index: number,
  field: string,
): boolean {
  const { namespace, ingress, annotations, builder, world, findings } = scope
  const { service } = path.backend
  if (service === undefined) {
    findings.error(`${field}.backend`, 'the backend is no Service: the path is left out', 'name a Service: service')
    return false
  }
  const servers = toleratedServers(scope, service, `${field}.backend.service`)
  const location = locationOf(scope, host, path.path, service, servers.length)
  const guarded = attempt(findings, 'the path is left out', () => ({
    credentials: credentials(scope),
    middlewares: middlewaresOf(location),
  }))
  if (guarded === null) return false
  const headers = attempt(findings, 'the path answers 503', () => ({ middleware: customHeaders(scope) }))
  const primary = `${namespace}-${ingress.metadata.name}-${service.name}-${portText(service)}`
  addShared(scope, field)
  const canary = canaryIn(world, backendKey(namespace, service))
  const rule = ruleOf(hostsOf(scope, host), path.path, pathTypeOf(path), location.usesRegex)
  const add = (name: string, element: HttpService, isUsed: boolean): void => {
    const isGuarded = isUsed && guarded.credentials !== null
    builder.add('http.services', name, withoutCredentials(builder, name, element, isGuarded, field), field)
  }
  const isAsked = canary !== null && nonCanaryRule(rule, canary.choice) !== null
  const element = annotatedService(servers, namespace, service, annotations, scope.transport.name)
  add(primary, element, isAsked || (canary === null && headers !== null))
  const shared = canary === null ? primary : addCanary(scope, primary, canary, rule, headers !== null, add)
  addRouters(
    location,
    {
      key: routerKey(namespace, ingress.metadata.name, at, index),
      rule,
      service: shared,
      isBroken: headers === null,
      isPlainOnly: scope.isPlainOnly,
      tlsOptions: clientAuthAt(scope, host, field),
      canary: canary === null ? null : { choice: canary.choice, primary, service: `${primary}-canary` },
      www: wwwRedirect(location, world),
      rootRule: rootRule(scope, host, locationId(ingress, at, index)),
      pages: errorPages(location),
      middlewares: (errors) =>
        guarded.middlewares({ errors, credentials: guarded.credentials, customHeaders: headers?.middleware ?? null }),
      pagesFor: pagesService(scope, builder, field),
    },
    builder,
    field,
  )
  return true
}

/** The rule of a host's bare root, where nobody takes it but the path whose `app-root` counts; null: somebody does. */
function rootRule(scope: RouteScope, host: string, id: string): string | null {
  const known = hostIn(scope.world, host)
  if (known === null || known.hasRoot || known.rootTaker !== id) return null
  return ruleOf(hostsOf(scope, host), '/', 'Exact', false)
}

/** Adds the TLS options of a host, which are those of whoever says it first. Returns their name; empty: there are none. */
export function clientAuthAt(
  { world, builder, findings, tlsOptions }: RouteScope,
  host: string,
  field: string,
): string {
  const asked = hostIn(world, host)?.clientAuth ?? null
  if (asked === null) return ''
  builder.add('tls.options', asked.name, asked.element, field)
  if (tlsOptions !== null && tlsOptions.name !== asked.name) {
    const message = `auth-tls-secret of host ${host} has no effect: that of another Ingress counts`
    findings.warn(annotationField('auth-tls-secret'), message, `Ingress ${asked.of} says it first`)
  }
  return asked.name
}

/** What annotations are applied to. @param service null where none is known */
export function locationOf(
  scope: RouteScope,
  host: string,
  path: string,
  service: BackendService,
  serverCount: number,
): Location {
  const { usesRegex = false, serverSnippet = '', appRoot = null } = hostIn(scope.world, host) ?? {}
  const { world, namespace, findings, ingress, annotations, options, spec } = scope
  return {
    ...{ world, namespace, findings, ingress, annotations, options },
    ...{ host, path, usesRegex, serverSnippet, serverCount },
    hostRoot: appRoot,
    hasTls: spec.tls.length > 0,
    serviceName: service.name,
    servicePort: portText(service),
  }
}

/** A host and those of its aliases that nobody else has. */
export function hostsOf({ world, ingress, annotations, findings }: RouteScope, host: string): readonly string[] {
  if (host === '') return ['']
  const aliases = (annotations['server-alias'] ?? []).filter((alias) => {
    if (alias === '') return false
    const lower = alias.toLowerCase()
    const owner = aliasOwnerIn(world, lower)
    const isTaken = hostIn(world, lower) !== null || (owner !== null && owner !== ingressKey(ingress))
    if (isTaken) {
      const who = hostIn(world, lower) === null ? `Ingress ${owner}` : 'a rule'
      findings.warn(
        'metadata.annotations[nginx.ingress.kubernetes.io/server-alias]',
        `alias ${alias} is left out: ${who} has it`,
      )
    }
    return !isTaken
  })
  return [host, ...aliases]
}

/**
 * Returns the service that spreads requests over both.
 * @param isOpen false: its routers answer 503
 * @param add takes also whether a router names the service
 */
function addCanary(
  { namespace, annotations, transport }: RouteScope,
  primary: string,
  { choice, service, servers }: Canary,
  rule: string,
  isOpen: boolean,
  add: (name: string, element: HttpService, isUsed: boolean) => void,
): string {
  const canary = `${primary}-canary`
  const spread = `${primary}-wrr`
  const element = annotatedService(servers, namespace, service, annotations, transport.name)
  add(canary, element, canaryRule(rule, choice) !== null)
  const sticky = stickyOf(annotations, 'wrr')
  const weights: [string, number][] = sharesOf(choice, primary, canary)
  const services = weights.map(([name, weight]) => ({ name, weight }))
  add(spread, { weighted: { services, ...(sticky === null ? {} : { sticky }) } }, isOpen)
  return spread
}

const sharesOf = ({ weight, total }: CanaryChoice, primary: string, canary: string): [string, number][] => [
  [primary, total - weight],
  [canary, weight],
]
