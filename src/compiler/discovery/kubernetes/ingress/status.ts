import { serviceOf } from '../backends.ts'
import type { Service, ServicePort } from '../objects.ts'
import { type Addresses, shownAddress, statusWith, type WantedStatus } from '../published-addresses.ts'
import { Unusable } from '../servers.ts'
import type { World } from '../world.ts'
import type { IngressOptions } from './options.ts'

const OPTION = 'providers.kubernetesIngress.ingressEndpoint'

/** What the option `ingressEndpoint` asks for (Traefik `updateIngressStatus`). */
export const wantedStatus = (world: World, options: IngressOptions): WantedStatus =>
  statusWith(() => addressesOf(world, options), OPTION)

function addressesOf(world: World, options: IngressOptions): Addresses | null {
  const { ip = '', hostname = '', publishedService = '' } = options.ingressEndpoint ?? {}
  if (publishedService !== '') return publishedAddresses(world, publishedService, options)
  if (options.ingressEndpoint === undefined) return null
  if (ip === '' && hostname === '') throw new Unusable('publishedService or ip or hostname must be defined')
  return [{ ...(ip === '' ? {} : { ip }), ...(hostname === '' ? {} : { hostname }) }]
}

const FIELD = 'publishedService'

function publishedAddresses(world: World, place: string, options: IngressOptions): Addresses | null {
  const [namespace, name, more] = place.split('/')
  if (namespace === undefined || name === undefined || more !== undefined) {
    const message = `invalid publishedService format (expected 'namespace/service' format): ${place}`
    throw new Unusable(message, FIELD)
  }
  const service = serviceOf(world, namespace, name, FIELD, `missing service: ${place}`)
  switch (service.spec?.type) {
    case 'LoadBalancer':
      // It may be that the cluster is still looking for one.
      return service.status?.loadBalancer?.ingress?.map(shownAddress) ?? null
    case undefined:
    case 'ClusterIP':
      return (service.spec?.externalIPs ?? []).map((ip) => ({ ip, ports: portsOf(service, ({ port }) => port) }))
    case 'NodePort':
      if (options.disableClusterScopeResources === true) {
        const message = 'node port service type is not supported when cluster scope resources lookup is disabled'
        throw new Unusable(message, FIELD, 'the provider’s option disableClusterScopeResources disables it')
      }
      return nodeAddresses(world).map((ip) => ({ ip, ports: portsOf(service, ({ nodePort = 0 }) => nodePort) }))
    case 'ExternalName':
      return [{ hostname: service.spec.externalName ?? '' }]
    default:
      throw new Unusable(`unsupported service type: ${service.spec?.type}`, FIELD)
  }
}

const portsOf = ({ spec }: Service, number: (port: ServicePort) => number) =>
  (spec?.ports ?? []).map((port) => ({ port: number(port), protocol: port.protocol ?? 'TCP' }))

const nodeAddresses = (world: World): string[] =>
  world
    .list('Node')
    .flatMap(({ status }) => status?.addresses ?? [])
    .filter(({ type }) => type === 'ExternalIP')
    .map(({ address }) => address)
