import type { UdpPlan, UdpRouterPlan, UdpServerPlan, UdpServicePlan } from '../../plan/udp.ts'
import { providerOf, qualify } from '../dynamic/names.ts'
import type { UdpConfig } from '../dynamic/udp.ts'
import { visible } from './definition.ts'
import { splitHostPort } from './host-port.ts'
import { didYouMean, type ProblemList } from './problems.ts'
import { MULTI_TYPES, mapNamed } from './tcp.ts'
import { placeOn } from './tcp-routers.ts'

type UdpRouter = NonNullable<UdpConfig['routers']>[string]
type UdpService = NonNullable<UdpConfig['services']>[string]

interface UdpPlanning {
  readonly entryPoints: readonly string[]
  readonly problems: ProblemList
}

/** The section `udp` (Traefik v3.7 `pkg/server/service/udp`). */
export function planUdp(config: UdpConfig, planning: UdpPlanning): UdpPlan {
  const services = mapNamed(config.services, (name, service) => planService(name, service, planning.problems))
  return {
    entryPoints: planning.entryPoints,
    routers: mapNamed(config.routers, (name, router) => planRouter(name, router, services, planning)),
    services,
  }
}

function planRouter(
  name: string,
  router: UdpRouter,
  services: Readonly<Record<string, UdpServicePlan>>,
  planning: UdpPlanning,
): UdpRouterPlan {
  const provider = providerOf(name)
  const wanted = router.entryPoints ?? []
  const { errors, warnings, entryPoints } = placeOn(
    wanted.length === 0 ? planning.entryPoints : wanted,
    name,
    planning,
    'udp',
  )
  const service = router.service ? qualify(router.service, provider) : ''
  if (entryPoints.length > 0) {
    const place = ['udp', 'routers', name, 'service'] as const
    if (service === '') {
      errors.push('the service is missing on the udp router')
      planning.problems.addStream('error', place, 'the service is missing on the udp router')
    } else if (!Object.hasOwn(services, service)) {
      const hint = didYouMean(service, Object.keys(services))
      planning.problems.addStream('error', place, `the UDP service "${service}" does not exist`, hint)
    }
  }
  return { provider, definition: visible(router), errors, warnings, entryPoints, service }
}

function planService(name: string, service: UdpService, problems: ProblemList): UdpServicePlan {
  const provider = providerOf(name)
  const { loadBalancer, weighted } = service
  const common = { provider, definition: visible(service), warnings: [] }
  const refuse = (reason: string): UdpServicePlan => {
    problems.addStream('error', ['udp', 'services', name], reason)
    return { ...common, errors: [reason], config: null }
  }
  if (loadBalancer !== undefined && weighted !== undefined) return refuse(MULTI_TYPES)
  if (weighted !== undefined) {
    const members = (weighted.services ?? []).map(({ name: id = '', weight }) => ({
      id,
      service: qualify(id, provider),
      weight: Math.max(0, weight),
    }))
    return { ...common, errors: [], config: { kind: 'weighted', members } }
  }
  if (loadBalancer === undefined) return refuse(`the UDP service "${name}" does not have any type defined`)
  const servers: UdpServerPlan[] = []
  for (const [at, { address = '' }] of (loadBalancer.servers ?? []).entries()) {
    try {
      servers.push({ address, ...splitHostPort(address) })
    } catch (error) {
      const place = ['udp', 'services', name, 'loadBalancer', 'servers', at] as const
      problems.addStream('warning', place, (error as Error).message, 'the server is left out')
    }
  }
  return { ...common, errors: [], config: { kind: 'loadBalancer', servers } }
}
