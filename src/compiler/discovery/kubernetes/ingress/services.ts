import type { HttpService } from '../../../dynamic/http.ts'
import {
  type BackendServer,
  checkExternalName,
  endpointServers,
  externalServer,
  isExternalName,
  nativeServer,
  nodeServers,
  portsHint,
  serviceOf,
} from '../backends.ts'
import { CROSS_PROVIDER, mayCrossProviders } from '../cross-provider.ts'
import { type Finding, Findings, titleOf } from '../findings.ts'
import type { Service, ServicePort } from '../objects.ts'
import { isServing, Unusable } from '../servers.ts'
import type { World } from '../world.ts'
import { annotationNamed, type ServiceAnnotations, serviceAnnotations, tellBare } from './annotations.ts'
import type { IngressOptions } from './options.ts'
import type { IngressBackend } from './spec.ts'

/** The Service that a backend names. */
export type BackendService = NonNullable<IngressBackend['service']>

/** The port of a backend as it is written: a name or a number. */
export const portText = ({ port }: BackendService): string => port.name || String(port.number)

/** What requests are for; throws `Unusable` for what is no Service. */
export function serviceIn({ service, resource }: IngressBackend, field: string, [no, none]: readonly [string, string]) {
  if (resource !== undefined) throw new Unusable(no, `${field}.resource`, 'name a Service: service')
  if (service === undefined) throw new Unusable(none, `${field}.service`)
  return service
}

/** Fields of a backend, from `….backend.service` on. */
const NAME = '.name'

/**
 * The service that a backend stands for (Traefik `loadService`). Throws `Unusable`, with a field below that of the
 * backend.
 * @param told takes what is found about the Service itself
 */
export function backendService(
  world: World,
  namespace: string,
  backend: BackendService,
  options: IngressOptions,
  told: Finding[],
): HttpService {
  const service = serviceOf(world, namespace, backend.name, NAME, 'service not found')
  checkExternalName(service, NAME, options)
  const port = portIn(service, backend)
  const findings = new Findings(service)
  const annotations = serviceAnnotations(service, findings)
  const isAllowed = annotations !== null && mayRefer(service, annotations, options, findings)
  told.push(...findings.all)
  if (!isAllowed) throw new Unusable(`${titleOf(service)} can’t be used: see its annotations`, NAME)
  const { sticky, middlewares = [], passHostHeader, serversTransport = '', serversScheme } = annotations
  const scheme = serversScheme || (port.port === 443 || port.name?.startsWith('https') ? 'https' : 'http')
  const servers = serversOf({ world, service, port, annotations, options })
  return {
    ...(middlewares.length === 0 ? {} : { middlewares }),
    loadBalancer: {
      ...(sticky === undefined ? {} : { sticky }),
      ...(servers.length === 0 ? {} : { servers: servers.map((server) => httpServer(scheme, server)) }),
      strategy: 'wrr',
      passHostHeader,
      responseForwarding: { flushInterval: '100ms' },
      ...(serversTransport === '' ? {} : { serversTransport }),
    },
    observability: { metadata: { kubernetes: { namespace, name: backend.name, port: portText(backend) } } },
  }
}

const httpServer = (scheme: string, { hostPort, fenced }: BackendServer) => ({
  url: `${scheme}://${hostPort}`,
  ...(fenced ? { fenced } : {}),
})

/** Unlike in custom resources, a name of another host has the ports that it declares. Throws `Unusable`. */
function portIn(service: Service, { port: { name, number } }: BackendService): ServicePort {
  const ports = service.spec?.ports ?? []
  const found = ports.find((own) => own.port === number || (name !== '' && own.name === name))
  if (found !== undefined) return found
  const at = `.port.${name === '' ? 'number' : 'name'}`
  throw new Unusable(`service port not found: ${name || number}`, at, portsHint(ports))
}

/** Whether it may name what it names; what is not allowed is told. */
function mayRefer(
  service: Service,
  { middlewares = [], serversTransport = '' }: ServiceAnnotations,
  options: IngressOptions,
  findings: Findings,
): boolean {
  const { namespace = '' } = service.metadata
  tellBare(service, 'service.middlewares', middlewares, findings)
  if (serversTransport !== '') tellBare(service, 'service.serverstransport', [serversTransport], findings)
  if (mayCrossProviders(options, namespace)) return true
  const refuse = (annotation: string, what: string): false => {
    const message = `cross-provider ${what} reference is not allowed from namespace "${namespace}"`
    findings.error(annotationNamed(service, annotation), message, CROSS_PROVIDER)
    return false
  }
  if (middlewares.length > 0) return refuse('service.middlewares', 'middleware')
  return serversTransport === '' || refuse('service.serverstransport', 'serversTransport')
}

interface Backend {
  readonly world: World
  readonly service: Service
  readonly port: ServicePort
  readonly annotations: ServiceAnnotations
  readonly options: IngressOptions
}

function serversOf({ world, service, port, annotations, options }: Backend): readonly BackendServer[] {
  const { nodePortLB, nativeLB = options.nativeLBByDefault === true } = annotations
  if (nodePortLB && service.spec?.type === 'NodePort') return nodeServers(world, service, port, NAME, options)
  if (isExternalName(service)) return [externalServer(service, port)]
  if (nativeLB) return [nativeServer(service, port, NAME)]
  return endpointServers(world, service, port, NAME, isServing, options, 'Skipping service: no endpoints found')
}
