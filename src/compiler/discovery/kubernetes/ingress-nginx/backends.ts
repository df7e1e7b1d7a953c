import type { HttpService } from '../../../dynamic/http.ts'
import { type BackendServer, isExternalName, portsHint, serviceOf } from '../backends.ts'
import type { Hint } from '../findings.ts'
import type { IngressBackend } from '../ingress/spec.ts'
import type { Service, ServicePort } from '../objects.ts'
import { clusterAddress, endpointsOf, hostPort, isServing, Unusable } from '../servers.ts'
import type { World } from '../world.ts'
import { stickyOf } from './affinity.ts'
import { annotationField, type NginxAnnotations } from './annotations.ts'
import type { NginxOptions } from './options.ts'

/** The Service that a backend names. */
export type BackendService = NonNullable<IngressBackend['service']>

/** The port of a backend as names of elements have it; `0`: none is said. */
export const portText = ({ port }: BackendService): string => port.name || String(port.number)

/** A Service by its name alone, with its first port. */
export const bareService = (name: string): BackendService => ({ name, port: { name: '', number: 0 } })

/**
 * Servers behind a backend (Traefik `getBackendEndpoints`); none where none is ready. Throws `Unusable`.
 * @param field that of the Service
 */
export function serversOf(
  world: World,
  namespace: string,
  backend: BackendService,
  annotations: NginxAnnotations,
  options: NginxOptions,
  field: string,
): readonly BackendServer[] {
  const service = checkedService(world, namespace, backend.name, options, `${field}.name`)
  const port = portIn(service, backend)
  if (port === null) {
    const at = `${field}.port.${backend.port.name === '' ? 'number' : 'name'}`
    throw new Unusable(`service port not found: ${portText(backend)}`, at, portsHint(service.spec?.ports ?? []))
  }
  if (isExternalName(service)) return [plain(service.spec?.externalName ?? '', targetPort(port))]
  if (annotations['service-upstream'] === true) {
    return [{ hostPort: clusterAddress(service, port, annotationField('service-upstream')), fenced: false }]
  }
  const servers = endpoints(world, service, port)
  const fallback = annotations['default-backend'] ?? ''
  if (servers.length > 0 || fallback === '' || fallback === backend.name) return servers
  const at = annotationField('default-backend')
  const other = checkedService(world, namespace, fallback, options, at)
  const [first] = other.spec?.ports ?? []
  if (first === undefined) throw new Unusable('fallback service port not found', at, portsHint([]))
  return endpoints(world, other, first)
}

const plain = (host: string, port: number): BackendServer => ({ hostPort: hostPort(host, port), fenced: false })

function checkedService(world: World, namespace: string, name: string, options: NginxOptions, field: string): Service {
  const service = serviceOf(world, namespace, name, field, `service ${namespace}/${name} not found`)
  if (options.disableSvcExternalName !== true || !isExternalName(service)) return service
  const hint: Hint = 'the provider’s option disableSvcExternalName refuses them'
  throw new Unusable('externalName services not allowed', field, hint)
}

/** The port that a backend means; an ExternalName service takes any. Null: there is none. */
function portIn(service: Service, backend: BackendService): ServicePort | null {
  const { name, number } = backend.port
  const found = (service.spec?.ports ?? []).find(
    (own) => (number === 0 && name === '') || own.port === number || (name !== '' && own.name === name),
  )
  if (found !== undefined) return found
  return isExternalName(service) ? { port: number, targetPort: name === '' ? number : name } : null
}

/** A number, also where it is written as a text; a name means nothing for another host. */
const targetPort = ({ port, targetPort: target = port }: ServicePort): number =>
  typeof target === 'number' ? target : /^\d{1,5}$/.test(target) ? Number(target) : 0

const endpoints = (world: World, { metadata }: Service, { name = '' }: ServicePort): BackendServer[] =>
  Array.from(
    endpointsOf(world.slicesOf(metadata.namespace ?? '', metadata.name), name, isServing),
    ({ address, port, fenced }) => ({ hostPort: hostPort(address, port), fenced }),
  )

const COMMON = { passHostHeader: true, responseForwarding: { flushInterval: '100ms' } } as const

/** The Service that the servers belong to. */
const metadataOf = (namespace: string, backend: BackendService) => ({
  observability: { metadata: { kubernetes: { namespace, name: backend.name, port: portText(backend) } } },
})

/** The service of servers, without any annotation. @param transport empty: the default one */
export const plainService = (
  servers: readonly BackendServer[],
  namespace: string,
  backend: BackendService,
  transport = '',
): HttpService => ({
  loadBalancer: {
    ...listed(servers, 'http'),
    strategy: 'wrr',
    ...COMMON,
    ...(transport === '' ? {} : { serversTransport: transport }),
  },
  ...metadataOf(namespace, backend),
})

/** The service without any servers. */
export const emptyService: HttpService = { loadBalancer: { strategy: 'wrr', ...COMMON } }

/** The service of servers as the annotations of an Ingress want it. */
export function annotatedService(
  servers: readonly BackendServer[],
  namespace: string,
  backend: BackendService,
  annotations: NginxAnnotations,
  transport: string,
): HttpService {
  const sticky = stickyOf(annotations, '')
  const hashBy = annotations['upstream-hash-by'] ?? ''
  return {
    loadBalancer: {
      ...(sticky === null ? {} : { sticky }),
      ...listed(servers, schemeOf(annotations)),
      ...(hashBy === '' ? { strategy: 'wrr' } : { strategy: 'hrw', nginxUpstreamHashBy: hashBy }),
      ...COMMON,
      ...(transport === '' || servers.length === 0 ? {} : { serversTransport: transport }),
    },
    ...metadataOf(namespace, backend),
  }
}

const listed = (servers: readonly BackendServer[], scheme: string) =>
  servers.length === 0
    ? {}
    : {
        servers: servers.map((server) => ({
          url: `${scheme}://${server.hostPort}`,
          ...(server.fenced ? { fenced: true } : {}),
        })),
      }

/** How servers are spoken to: `https`, `h2c` or `http`. */
export const schemeOf = ({ 'backend-protocol': protocol = '' }: NginxAnnotations): string => {
  switch (protocol.toUpperCase()) {
    case 'HTTPS':
    case 'GRPCS':
      return 'https'
    case 'GRPC':
      return 'h2c'
    default:
      return 'http'
  }
}
