import { formatDuration, parseDuration } from '../../../../schema/duration.ts'
import type { HttpService } from '../../../dynamic/http.ts'
import {
  type BackendServer,
  checkExternalName,
  endpointServers,
  externalServer,
  isExternalName,
  nativeServer,
  nodeServers,
  type PortReference,
  portOf,
  serviceOf,
} from '../backends.ts'
import type { ServicePort } from '../objects.ts'
import { isServing, Unusable, withWords } from '../servers.ts'
import type { MemberPlace } from './names.ts'
import {
  CROSS_NAMESPACE,
  checkService,
  isQualified,
  mayEnter,
  resolve,
  resolveTransport,
  type Scope,
  traefikServiceName,
} from './references.ts'
import type { ServiceReference } from './service-spec.ts'

type LoadBalancer = NonNullable<HttpService['loadBalancer']>

/** What a reference stands for: a service that is made for it, or one that is there by its own name. */
export type HttpTarget =
  | { readonly service: HttpService; readonly place: Omit<MemberPlace, 'role' | 'index'> }
  | { readonly name: string }

/**
 * What requests go to by a reference (Traefik `configBuilder.nameAndService`). Throws `Unusable`.
 * @param field `spec.routes[0].services[1]`
 */
export function httpTarget(scope: Scope, reference: ServiceReference, field: string): HttpTarget {
  const { name, kind } = reference
  let { namespace } = reference
  if (!isQualified(name)) {
    namespace ||= scope.namespace
    if (!mayEnter(scope, namespace)) {
      const message = `service ${namespace}/${name} not in the parent resource namespace ${scope.namespace}`
      throw new Unusable(message, `${field}.namespace`, CROSS_NAMESPACE)
    }
  }
  checkService(scope, name, `${field}.name`)
  switch (kind) {
    case '':
    case 'Service': {
      const port = portReference(reference.port, `${field}.port`)
      const service = balancedService({ ...scope, namespace }, reference, port, field)
      return { service, place: { namespace, name, port: String(port) } }
    }
    case 'TraefikService':
      return { name: traefikServiceName(scope, name, namespace, field) }
    default: {
      const hint = 'Service and TraefikService are supported'
      throw new Unusable(`unsupported service kind ${kind}`, `${field}.kind`, hint)
    }
  }
}

/** A port as a reference has it, 0 where it has none. Throws `Unusable` for what is neither number nor name. */
export function portReference(port: unknown, field: string): PortReference {
  if (port === undefined) return 0
  if (typeof port === 'string' || Number.isInteger(port)) return port as PortReference
  throw new Unusable(`${field} must be a number or a name`, field)
}

const STRATEGIES = ['wrr', 'p2c', 'hrw', 'leasttime']

/** @param scope its namespace is that of the service */
function balancedService(scope: Scope, reference: ServiceReference, port: PortReference, field: string): HttpService {
  const { namespace } = scope
  const { healthCheck, passiveHealthCheck, sticky, passHostHeader, middlewares } = reference
  const strategy = strategyOf(scope, reference, field)
  const { servers, scheme } = serversOf(scope, reference, port, field)
  const serversTransport = resolveTransport(
    scope,
    namespace,
    reference.serversTransport,
    'ServersTransport',
    `${field}.serversTransport`,
  )
  const loadBalancer: LoadBalancer = {
    ...(sticky === undefined || Object.keys(sticky).length === 0 ? {} : { sticky }),
    ...(servers.length === 0 ? {} : { servers: servers.map((server) => httpServer(scheme, server)) }),
    strategy,
    ...(healthCheck === undefined ? {} : { healthCheck: { unhealthyInterval: healthCheck.interval, ...healthCheck } }),
    ...(passiveHealthCheck === undefined ? {} : { passiveHealthCheck }),
    passHostHeader,
    responseForwarding: { flushInterval: flushInterval(reference, field) },
    ...(serversTransport === undefined ? {} : { serversTransport }),
  }
  return {
    ...(middlewares.length === 0
      ? {}
      : {
          middlewares: withWords('could not create middleware keys: ', () =>
            middlewareNames(scope, middlewares, field),
          ),
        }),
    loadBalancer,
    observability: { metadata: { kubernetes: { namespace, name: reference.name, port: String(port) } } },
  }
}

const httpServer = (scheme: string, { hostPort, fenced }: BackendServer) => ({
  url: `${scheme}://${hostPort}`,
  ...(fenced ? { fenced } : {}),
})

function strategyOf({ findings }: Scope, { strategy }: ServiceReference, field: string): string {
  if (strategy === '') return 'wrr'
  if (STRATEGIES.includes(strategy)) return strategy
  if (strategy === 'RoundRobin') {
    const message = 'RoundRobin strategy value is deprecated, please use wrr value instead'
    findings.warn(`${field}.strategy`, message, 'write wrr')
    return 'wrr'
  }
  const message = `load-balancer strategy ${strategy} is not supported`
  throw new Unusable(message, `${field}.strategy`, `one of ${STRATEGIES.join(', ')}`)
}

function serversOf(
  scope: Scope,
  reference: ServiceReference,
  port: PortReference,
  field: string,
): { servers: BackendServer[]; scheme: string } {
  const { world, namespace, options, findings } = scope
  const { name } = reference
  const missing = `kubernetes service not found: ${namespace}/${name}`
  const service = serviceOf(world, namespace, name, `${field}.name`, missing)
  const servicePort = portOf(service, port, `${field}.port`, () =>
    findings.warn(`${field}.port`, strangePort(port, namespace, name)),
  )
  if (!isExternalName(service) && reference.healthCheck !== undefined) {
    const message = `healthCheck allowed only for ExternalName services: ${namespace}/${name}`
    throw new Unusable(message, `${field}.healthCheck`, 'Kubernetes knows the health of its pods: readinessProbe')
  }
  checkExternalName(service, `${field}.name`, options)
  const scheme = schemeOf(reference.scheme, servicePort, `${field}.scheme`)
  if (isExternalName(service)) return { servers: [externalServer(service, servicePort)], scheme }
  if (reference.nativeLB ?? options.nativeLBByDefault === true) {
    return { servers: [nativeServer(service, servicePort, `${field}.nativeLB`)], scheme }
  }
  const servers =
    service.spec?.type === 'NodePort' && reference.nodePortLB
      ? nodeServers(world, service, servicePort, `${field}.nodePortLB`, options)
      : endpointServers(world, service, servicePort, `${field}.name`, isServing, options)
  return { servers, scheme }
}

/** A service of type ExternalName that has other ports than the one that is asked for. */
export const strangePort = (port: PortReference, namespace: string, name: string): string =>
  `The port ${port} from IngressRoute doesn't match with ports defined in the ExternalName service ${namespace}/${name}.`

/** `https` for port 443 and for ports whose names begin with it. Throws `Unusable`. */
function schemeOf(given: string, { port, name = '' }: ServicePort, field: string): string {
  if (given === '') return port === 443 || name.startsWith('https') ? 'https' : 'http'
  if (given === 'http' || given === 'https' || given === 'h2c') return given
  throw new Unusable(`invalid scheme "${given}" specified`, field, 'one of http, https, h2c')
}

function flushInterval({ responseForwarding }: ServiceReference, field: string): string {
  const given = responseForwarding?.flushInterval ?? ''
  if (given === '') return '100ms'
  try {
    return formatDuration(parseDuration(given))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Unusable(`unable to parse flushInterval: ${reason}`, `${field}.responseForwarding.flushInterval`)
  }
}

/** Names of the middlewares that a list refers to. Throws `Unusable`. @param field what has the list */
export const middlewareNames = (
  scope: Scope,
  references: ServiceReference['middlewares'],
  field: string,
  kind: 'Middleware' | 'MiddlewareTCP' = 'Middleware',
): string[] =>
  references.map((reference, at) =>
    withWords(`invalid reference to middleware ${reference.name}: `, () =>
      resolve(scope, reference, kind, `${field}.middlewares[${at}]`),
    ),
  )
