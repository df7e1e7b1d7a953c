import type { HttpService } from '../../../dynamic/http.ts'
import { portsHint, serviceOf } from '../backends.ts'
import { clusterAddress, Unusable } from '../servers.ts'
import type { World } from '../world.ts'
import type { KnativeSplit } from './spec.ts'

/** A share of the requests of a path, with the service that gets it. */
export interface KnativeShare {
  readonly name: string
  readonly weight: number
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly service: HttpService
}

/** The services of a path (Traefik `buildWeightedRoundRobin`). Throws `Unusable` where one can't be used. */
export const sharesOf = (
  world: World,
  router: string,
  splits: readonly KnativeSplit[],
  field: string,
): readonly KnativeShare[] =>
  splits.map((split, at) => ({
    name: `${router}-split-${at}`,
    // A single one gets everything, whatever it says.
    weight: splits.length === 1 ? 100 : split.percent,
    headers: split.appendHeaders,
    service: serviceFor(world, split, `${field}[${at}]`),
  }))

function serviceFor(world: World, split: KnativeSplit, field: string): HttpService {
  const { serviceNamespace: namespace, serviceName: name, servicePort } = split
  const place = `${namespace}/${name}`
  const service = serviceOf(world, namespace, name, `${field}.serviceName`, `service ${place} does not exist`)
  const wanted = typeof servicePort === 'string' || typeof servicePort === 'number' ? String(servicePort) : '0'
  const ports = service.spec?.ports ?? []
  const port = ports.find((own) => (own.name ?? '') === wanted || String(own.port) === wanted)
  if (port === undefined) throw new Unusable('service port not found', `${field}.servicePort`, portsHint(ports))
  const scheme = port.appProtocol === 'kubernetes.io/h2c' ? 'h2c' : 'http'
  return {
    loadBalancer: {
      servers: [{ url: `${scheme}://${clusterAddress(service, port, `${field}.serviceName`)}` }],
      strategy: 'wrr',
      passHostHeader: true,
      responseForwarding: { flushInterval: '100ms' },
    },
  }
}
