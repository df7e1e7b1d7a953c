import type { HttpServersTransport, HttpService } from '../../../dynamic/http.ts'
import type { BackendServer } from '../backends.ts'
import type { Findings } from '../findings.ts'
import type { IngressSpec } from '../ingress/spec.ts'
import type { PartBuilder } from '../parts.ts'
import { Unusable } from '../servers.ts'
import type { Spec } from '../spec.ts'
import { annotatedService, type BackendService, bareService, serversOf } from './backends.ts'
import type { ErrorPages } from './errors.ts'
import { DEFAULT_BACKEND } from './errors.ts'
import type { IngressScope } from './location.ts'
import type { ClientAuth } from './tls.ts'

/** What to do about several elements of one name. */
export const WAY_OUT = 'change the name of one of them'

/** What the routes of an Ingress are made with. */
export interface RouteScope extends IngressScope {
  readonly spec: IngressSpec
  readonly isSound: Spec<IngressSpec>['isSound']
  readonly builder: PartBuilder
  /** There are no routes with TLS. */
  readonly isPlainOnly: boolean
  readonly transport: { readonly name: string; readonly element: HttpServersTransport }
  /** Null: clients need no certificate. */
  readonly tlsOptions: ClientAuth | null
}

/** What can't be made is told. @param consequence what becomes of it; null: then */
export function attempt<T>(findings: Findings, consequence: string, make: () => T): T | null {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    findings.error(error.field, `${error.message}: ${consequence}`, error.hint)
    return null
  }
}

/** The servers of a backend; one that can't be used has none, so that its routes answer 503. */
export function toleratedServers(
  scope: IngressScope,
  backend: BackendService,
  field: string,
): readonly BackendServer[] {
  const { world, namespace, annotations, options, findings } = scope
  try {
    return serversOf(world, namespace, backend, annotations, options, field)
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    findings.warn(error.field, `${error.message}: its routes answer 503`, error.hint)
    return []
  }
}

/** Adds what all routes of an Ingress need. */
export function addShared({ builder, transport }: RouteScope, field: string): void {
  builder.add('http.serversTransports', transport.name, transport.element, field)
}

/** A service whose servers do not see the credentials that were asked for. @param isGuarded false: none were */
export function withoutCredentials(
  builder: PartBuilder,
  name: string,
  service: HttpService,
  isGuarded: boolean,
  field: string,
): HttpService {
  if (!isGuarded) return service
  const middleware = `${name}-remove-authorization-header`
  builder.add('http.middlewares', middleware, { headers: { customRequestHeaders: { Authorization: '' } } }, field)
  return { ...service, middlewares: [middleware] }
}

/** Makes the service that gives the pages of errors to a router. */
export const pagesService =
  (scope: IngressScope, builder: PartBuilder, field: string) =>
  ({ service }: ErrorPages, router: string): string => {
    if (service === null) return DEFAULT_BACKEND
    const name = `default-backend-${router}`
    const { world, namespace, annotations, options, findings } = scope
    const servers = attempt(findings, 'there are no pages for errors', () =>
      serversOf(world, namespace, bareService(service), annotations, options, 'metadata.annotations'),
    )
    if (servers !== null) {
      const element = annotatedService(servers, namespace, bareService(service), annotations, '')
      builder.add('http.services', name, element, field)
    }
    return name
  }
