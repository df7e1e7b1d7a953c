import type { Hint } from './findings.ts'
import type { Endpoint, Service, ServicePort } from './objects.ts'
import { clusterAddress, endpointsOf, hostPort, nodeAddresses, Unusable, withWords } from './servers.ts'
import type { World } from './world.ts'

/** A server behind a service: `host:port`. */
export interface BackendServer {
  readonly hostPort: string
  readonly fenced: boolean
}

/** Options of a provider that are about services. */
export interface BackendOptions {
  readonly allowExternalNameServices?: boolean | undefined
  readonly allowEmptyServices?: boolean | undefined
  readonly nativeLBByDefault?: boolean | undefined
  readonly disableClusterScopeResources?: boolean | undefined
}

/** Port of a service by number or name, as a reference has it; 0 and the empty text are none. */
export type PortReference = number | string

/** The service that a reference is about. Throws `Unusable` with a hint. @param missing Traefik's words */
export function serviceOf(world: World, namespace: string, name: string, field: string, missing: string): Service {
  const service = world.get('Service', namespace, name)
  if (service === null) throw new Unusable(missing, field, { kind: 'Service', namespace, name })
  return service
}

export const isExternalName = ({ spec }: Service): boolean => spec?.type === 'ExternalName'

/** Throws `Unusable` for a service that is a name of another host, unless those are allowed. */
export function checkExternalName(
  service: Service,
  field: string,
  { allowExternalNameServices }: BackendOptions,
): void {
  if (!isExternalName(service) || allowExternalNameServices === true) return
  const { namespace, name } = service.metadata
  throw new Unusable(
    `externalName services not allowed: ${namespace}/${name}`,
    field,
    'the provider’s option allowExternalNameServices permits them',
  )
}

/**
 * The port of a service that a reference is about. A service of type ExternalName takes any number; `onStrange` hears of
 * one that it does not have. Throws `Unusable` with a hint.
 */
export function portOf(service: Service, port: PortReference, field: string, onStrange: () => void): ServicePort {
  const ports = service.spec?.ports ?? []
  if (port === 0 || port === '') throw new Unusable('ingressRoute service port not defined', field, portsHint(ports))
  const found = ports.find((own) => (typeof port === 'number' ? own.port === port : own.name === port))
  if (found !== undefined) return found
  if (!isExternalName(service) || typeof port === 'string') {
    const asNumber = typeof port === 'string' && ports.find((own) => String(own.port) === port)
    const hint = asNumber ? `write the number without quotes: ${port}` : portsHint(ports)
    throw new Unusable(`service port not found: ${port}`, field, hint)
  }
  if (ports.some((own) => own.port !== 0)) onStrange()
  return { port }
}

/** Which ports there are instead. */
export const portsHint = (ports: readonly ServicePort[]): Hint | null =>
  ports.length === 0
    ? 'the service has no ports'
    : `its ports: ${ports
        .slice(0, 10)
        .map(({ port, name }) => (name === undefined || name === '' ? port : `${port} (${name})`))
        .join(', ')}`

/** Address of the service inside the cluster. Throws `Unusable`. */
export function nativeServer(service: Service, port: ServicePort, field: string): BackendServer {
  return withWords('getting native Kubernetes Service address: ', () => ({
    hostPort: clusterAddress(service, port, field),
    fenced: false,
  }))
}

/** The name that a service of type ExternalName stands for. */
export const externalServer = ({ spec }: Service, { port }: ServicePort): BackendServer => ({
  hostPort: hostPort(spec?.externalName ?? '', port),
  fenced: false,
})

/** The port of a service on each machine. Throws `Unusable` where machines may not be looked at or there is none. */
export function nodeServers(
  world: World,
  { metadata: { namespace, name } }: Service,
  { nodePort = 0 }: ServicePort,
  field: string,
  { disableClusterScopeResources }: BackendOptions,
): BackendServer[] {
  if (disableClusterScopeResources === true) {
    const hint = 'nodePortLB does not go with the provider’s option disableClusterScopeResources'
    throw new Unusable('nodes lookup is disabled', field, hint)
  }
  if (world.list('Node').length === 0) {
    throw new Unusable(`nodes not found for NodePort service ${namespace}/${name}`, field)
  }
  const servers = [...nodeAddresses(world)].map((address) => ({ hostPort: hostPort(address, nodePort), fenced: false }))
  if (servers.length > 0) return servers
  throw new Unusable(`no servers were generated for service ${namespace}/${name}`, field, 'no node has an InternalIP')
}

const NO_ENDPOINTS = 'none of its pods is ready, or its selector selects none; allowEmptyServices keeps such routes'

/**
 * What is behind a port of a service now. Throws `Unusable` where nothing is, unless that is allowed.
 * @param missing Traefik's words for that, where they are others
 */
export function endpointServers(
  world: World,
  { metadata: { namespace = '', name } }: Service,
  { name: portName = '' }: ServicePort,
  field: string,
  isUsable: (endpoint: Endpoint) => boolean,
  { allowEmptyServices }: BackendOptions,
  missing?: string,
): BackendServer[] {
  const servers: BackendServer[] = []
  for (const { address, port, fenced } of endpointsOf(world.slicesOf(namespace, name), portName, isUsable)) {
    servers.push({ hostPort: hostPort(address, port), fenced })
  }
  if (servers.length === 0 && allowEmptyServices !== true) {
    throw new Unusable(missing ?? `no servers found for ${namespace}/${name}`, field, NO_ENDPOINTS)
  }
  return servers
}
