import { serviceOf } from '../backends.ts'
import type { Finding } from '../findings.ts'
import { Unusable } from '../servers.ts'
import type { World } from '../world.ts'
import type { GatewayOptions } from './options.ts'

/** An address under which Gateways are reached. */
export interface GatewayAddress {
  readonly type: 'IPAddress' | 'Hostname'
  readonly value: string
}

const OPTION = 'providers.kubernetesGateway.statusAddress'

/** What the option `statusAddress` asks for (Traefik `gatewayAddresses`), and what is wrong with it. */
export function addressesOf(
  world: World,
  { statusAddress }: GatewayOptions,
): { readonly addresses: readonly GatewayAddress[]; readonly findings: readonly Finding[] } {
  if (statusAddress === undefined) return { addresses: [], findings: [] }
  const { ip = '', hostname = '', service } = statusAddress
  const { name = '', namespace = '' } = service ?? {}
  if (ip !== '') return { addresses: [{ type: 'IPAddress', value: ip }], findings: [] }
  if (hostname !== '') return { addresses: [{ type: 'Hostname', value: hostname }], findings: [] }
  try {
    if (name === '' || namespace === '') {
      throw new Unusable(
        'empty Gateway status address configuration',
        '',
        'ip, hostname, or service.name and service.namespace',
      )
    }
    return { addresses: publishedBy(world, namespace, name), findings: [] }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    const { message, field, hint } = error
    return { addresses: [], findings: [{ severity: 'error', message, item: OPTION, field, hint }] }
  }
}

function publishedBy(world: World, namespace: string, name: string): readonly GatewayAddress[] {
  const service = serviceOf(world, namespace, name, 'service', `getting service: service "${name}" not found`)
  return (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip = '', hostname = '' }): GatewayAddress[] => {
    if (ip !== '') return [{ type: 'IPAddress', value: ip }]
    return hostname === '' ? [] : [{ type: 'Hostname', value: hostname }]
  })
}
