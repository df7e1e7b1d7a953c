import type * as z from 'zod'
import type { HttpService } from '../../../dynamic/http.ts'
import { Unusable, withWords } from '../servers.ts'
import { type Group, memberName, weightedService } from './service-groups.ts'
import type { traefikServiceSpec } from './service-spec.ts'

type TraefikServiceSpec = z.output<typeof traefikServiceSpec>

const KINDS = ['weighted', 'mirroring', 'highestRandomWeight', 'failover'] as const

/** Fields of kinds that do not count, as another one is there before them. */
export function fieldsWithoutEffect(spec: TraefikServiceSpec): readonly string[] {
  const [, ...others] = KINDS.filter((kind) => spec[kind] !== undefined)
  return others.map((kind) => `spec.${kind}`)
}

/** A service made of others; the first kind that is there counts. Throws `Unusable` where a member can't be made. */
export function traefikService(
  group: Group,
  { weighted, mirroring, highestRandomWeight, failover }: TraefikServiceSpec,
): HttpService {
  if (weighted !== undefined) {
    return weightedService(group, weighted.services, weighted.sticky, 'wrr', 'spec.weighted.services')
  }
  if (mirroring !== undefined) return mirroringService(group, mirroring)
  if (highestRandomWeight !== undefined) {
    return weightedService(group, highestRandomWeight.services, undefined, 'hrw', 'spec.highestRandomWeight.services')
  }
  if (failover !== undefined) return failoverService(group, failover)
  const hint = `one of ${KINDS.join(', ')}`
  throw new Unusable('unspecified service type', 'spec', hint)
}

const mirroringService = (
  group: Group,
  { mirrors, mirrorBody, maxBodySize, ...main }: NonNullable<TraefikServiceSpec['mirroring']>,
): HttpService => {
  const service = memberName(group, main, 'mirroring', '', 'spec.mirroring')
  const members = mirrors.map(({ percent, ...mirror }, at) => ({
    name: memberName(group, mirror, 'mirror', at, `spec.mirroring.mirrors[${at}]`),
    percent,
  }))
  return { mirroring: { service, mirrorBody, maxBodySize, ...(members.length === 0 ? {} : { mirrors: members }) } }
}

const failoverService = (
  group: Group,
  { service, fallback, errors }: NonNullable<TraefikServiceSpec['failover']>,
): HttpService => ({
  failover: {
    service: withWords('getting service: ', () => memberName(group, service, 'failover', '', 'spec.failover.service')),
    fallback: withWords('getting fallback service: ', () =>
      memberName(group, fallback, 'fallback', '', 'spec.failover.fallback'),
    ),
    errors,
  },
})
