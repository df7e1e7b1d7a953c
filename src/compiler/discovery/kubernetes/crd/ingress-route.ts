import type * as z from 'zod'
import type { HttpRouter } from '../../../dynamic/http.ts'
import { addCertificate } from '../certificates.ts'
import type { PartBuilder } from '../parts.ts'
import { Unusable, withWords } from '../servers.ts'
import type { Spec } from '../spec.ts'
import { httpTarget, middlewareNames } from './http-services.ts'
import type { RoutePlace } from './names.ts'
import { CROSS_NAMESPACE, mayEnter, resolve, type Scope } from './references.ts'
import type { ingressRouteSpec } from './route-specs.ts'
import { weightedService } from './service-groups.ts'

type RouteSpec = z.output<typeof ingressRouteSpec>
type Route = RouteSpec['routes'][number]

/** IngressRoute (Traefik v3.7 `pkg/provider/kubernetes/crd/kubernetes_http.go`): a bad route is left out alone. */
export function deriveIngressRoute(scope: Scope, name: string, spec: Spec<RouteSpec>, builder: PartBuilder): void {
  const { value } = spec
  if (value.tls !== undefined) addCertificate(scope, builder, value.tls.secretName, 'spec.tls.secretName')
  // A block that can't be read must not be served as if it had not been there.
  if (!spec.isSoundBut('spec.routes')) return
  let parents: string[]
  try {
    parents = parentRouters(scope, value)
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    scope.findings.error(error.field, error.message, error.hint)
    return
  }
  value.routes.forEach((route, index) => {
    const field = `spec.routes[${index}]`
    if (route === undefined || !spec.isSound(field)) return
    try {
      const place = { namespace: scope.namespace, name, index, match: route.match }
      const router = routerName(scope, route, place, field)
      builder.add('http.routers', router, httpRouter(scope, value, route, place, router, parents, builder), field)
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      scope.findings.error(error.field, error.message, error.hint)
    }
  })
}

function routerName({ names }: Scope, { kind, match }: Route, place: RoutePlace, field: string): string {
  if (kind !== '' && kind !== 'Rule') {
    const message = `Unsupported match kind: ${kind}. Only "Rule" is supported for now.`
    throw new Unusable(message, `${field}.kind`, 'write Rule, or leave it out')
  }
  if (match === '') throw new Unusable('Empty match rule', `${field}.match`, 'write a rule: Host(`example.com`)')
  return names.httpRouter(place)
}

function httpRouter(
  scope: Scope,
  { entryPoints, tls }: RouteSpec,
  route: Route,
  { namespace, name, index }: RoutePlace,
  router: string,
  parentRefs: string[],
  builder: PartBuilder,
): HttpRouter {
  const field = `spec.routes[${index}]`
  const { match: rule, priority, syntax: ruleSyntax, observability } = route
  const middlewares = middlewareNames(scope, route.middlewares, field)
  const service = routeService(scope, route, router, field, builder)
  return {
    ...(entryPoints === undefined ? {} : { entryPoints }),
    ...(middlewares.length === 0 ? {} : { middlewares }),
    ...(service === null ? {} : { service }),
    rule,
    ...(parentRefs.length === 0 ? {} : { parentRefs }),
    ...(ruleSyntax === undefined ? {} : { ruleSyntax }),
    ...(priority === undefined ? {} : { priority }),
    ...(tls === undefined ? {} : { tls: routerTls(scope, tls) }),
    observability: {
      // A wish of the route's own, which only roots may have, where it has the block.
      traceVerbosity: parentRefs.length === 0 ? 'minimal' : '',
      ...observability,
      metadata: { ingress: { namespace, name, kind: 'IngressRoute' } },
    },
  }
}

/** The name of what answers, null where a route is only a parent of others. Throws `Unusable`. */
function routeService(
  scope: Scope,
  { services }: Route,
  router: string,
  field: string,
  builder: PartBuilder,
): string | null {
  if (services.length === 0) return null
  if (services.length > 1) {
    const name = scope.names.group(router)
    const group = { scope, builder, parent: router }
    builder.add('http.services', name, weightedService(group, services, undefined, 'wrr', `${field}.services`), field)
    return name
  }
  const target = httpTarget(scope, services[0]!, `${field}.services[0]`)
  if ('name' in target) return target.name
  const name = scope.names.single(router)
  builder.add('http.services', name, target.service, field)
  return name
}

/** The block `tls` of a router; `{}` switches it on. Throws `Unusable` for options that may not be used. */
export function routerTls(
  scope: Scope,
  { options, certResolver, domains }: Pick<NonNullable<RouteSpec['tls']>, 'options' | 'certResolver' | 'domains'>,
): NonNullable<HttpRouter['tls']> {
  const name = options?.name ?? ''
  return {
    ...(name === ''
      ? {}
      : {
          options: withWords(`Invalid reference to TLSOption "${name}": `, () =>
            resolve(scope, options!, 'TLSOption', 'spec.tls.options'),
          ),
        }),
    ...(certResolver === undefined ? {} : { certResolver }),
    ...(domains === undefined ? {} : { domains }),
  }
}

/** All routers of the objects that are referred to. Throws `Unusable`. */
function parentRouters(scope: Scope, { parentRefs }: RouteSpec): string[] {
  return parentRefs.flatMap(({ name, namespace: given }, at) => {
    const namespace = given || scope.namespace
    const field = `spec.parentRefs[${at}]`
    if (!mayEnter(scope, namespace)) {
      const message = `cross-namespace reference to parent IngressRoute ${namespace}/${name} not allowed`
      throw new Unusable(message, `${field}.namespace`, CROSS_NAMESPACE)
    }
    const parent = scope.world.get('IngressRoute', namespace, name)
    if (parent === null) {
      const message = `parent IngressRoute ${namespace}/${name} does not exist`
      throw new Unusable(message, `${field}.name`, { kind: 'IngressRoute', namespace, name })
    }
    const { routes } = (parent.spec ?? {}) as { routes?: unknown }
    return (Array.isArray(routes) ? routes : []).map((route: { match?: unknown } | null, index) =>
      scope.names.httpRouter({ namespace, name, index, match: String(route?.match ?? '') }),
    )
  })
}
