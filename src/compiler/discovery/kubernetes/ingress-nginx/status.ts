import { parseIp } from '../../../../http/ip.ts'
import { serviceOf } from '../backends.ts'
import { type Addresses, shownAddress, statusWith, type WantedStatus } from '../published-addresses.ts'
import { Unusable } from '../servers.ts'
import type { World } from '../world.ts'
import { type NginxOptions, OPTIONS, placeIn } from './options.ts'

const FIELD = 'publishService'

/** What the options `publishStatusAddress` and `publishService` ask for (Traefik `updateIngressStatus`). */
export const wantedStatus = (world: World, options: NginxOptions): WantedStatus =>
  statusWith(() => addressesOf(world, options), OPTIONS)

function addressesOf(world: World, options: NginxOptions): Addresses | null {
  const given = options.publishStatusAddress ?? []
  if (given.length > 0) return given.map((text) => (parseIp(text) !== null ? { ip: text } : { hostname: text }))
  const text = options.publishService ?? ''
  if (text === '') return null
  const place = placeIn(text)
  if (place === null) throw new Unusable(`parsing publishService, 'namespace/service' format expected: ${text}`, FIELD)
  const service = serviceOf(world, place.namespace, place.name, FIELD, `getting service: ${text} does not exist`)
  const { type = 'ClusterIP', externalName = '', clusterIP = '', externalIPs = [] } = service.spec ?? {}
  const outside = externalIPs.map((ip) => ({ ip }))
  switch (type) {
    case 'ExternalName':
      return [{ hostname: externalName }]
    case 'NodePort':
      return outside.length > 0 ? outside : [{ ip: clusterIP }]
    case 'LoadBalancer': {
      const own = service.status?.loadBalancer?.ingress ?? []
      return [
        ...own.map(shownAddress),
        ...outside.filter(({ ip }) => !own.some((one) => one.ip === ip || one.hostname === ip)),
      ]
    }
    default:
      return [{ ip: clusterIP }]
  }
}
