import { parseIp } from '../../../../http/ip.ts'
import { serviceOf } from '../backends.ts'
import type { Finding } from '../findings.ts'
import type { LoadBalancerStatus } from '../objects.ts'
import { Unusable } from '../servers.ts'
import type { World } from '../world.ts'
import { type NginxOptions, OPTIONS, placeIn } from './options.ts'

type Addresses = NonNullable<LoadBalancerStatus['ingress']>

/** What the status of every Ingress that is served should be, null: nobody says; and what is wrong with the question. */
export interface WantedStatus {
  readonly status: Readonly<Record<string, unknown>> | null
  readonly findings: readonly Finding[]
}

const FIELD = 'publishService'

/** What the options `publishStatusAddress` and `publishService` ask for (Traefik `updateIngressStatus`). */
export function wantedStatus(world: World, options: NginxOptions): WantedStatus {
  try {
    const ingress = addressesOf(world, options)
    // The API server leaves an empty list out.
    const loadBalancer = ingress === null || ingress.length === 0 ? {} : { ingress }
    return { status: ingress === null ? null : { loadBalancer }, findings: [] }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    const { message, field, hint } = error
    return { status: null, findings: [{ severity: 'error', message, item: OPTIONS, field, hint }] }
  }
}

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
      const shown = own.map(({ ip, hostname, ports }) => ({
        ...(ip === undefined ? {} : { ip }),
        ...(hostname === undefined ? {} : { hostname }),
        ...(ports === undefined ? {} : { ports }),
      }))
      return [...shown, ...outside.filter(({ ip }) => !own.some((one) => one.ip === ip || one.hostname === ip))]
    }
    default:
      return [{ ip: clusterIP }]
  }
}
