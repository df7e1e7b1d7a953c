import type { HttpService } from '../../../dynamic/http.ts'
import type { PartBuilder } from '../parts.ts'
import { httpTarget } from './http-services.ts'
import type { MemberPlace } from './names.ts'
import type { Scope } from './references.ts'
import type { ServiceReference } from './service-spec.ts'

/** What an HTTP service consists of, and how it is called. */
export interface Group {
  readonly scope: Scope
  readonly builder: PartBuilder
  /** Router or TraefikService that members are named after. */
  readonly parent: string
}

/** The name of a member of a group; a service of the cluster is added under it. Throws `Unusable`. */
export function memberName(
  { scope, builder, parent }: Group,
  reference: ServiceReference,
  role: MemberPlace['role'],
  index: MemberPlace['index'],
  field: string,
): string {
  const target = httpTarget(scope, reference, field)
  if ('name' in target) return target.name
  const name = scope.names.httpMember(parent, { ...target.place, role, index })
  builder.add('http.services', name, target.service)
  return name
}

/** Spreads requests over services by weight. Throws `Unusable` where one can't be made. */
export function weightedService(
  group: Group,
  references: readonly ServiceReference[],
  sticky: ServiceReference['sticky'],
  role: 'wrr' | 'hrw',
  field: string,
): HttpService {
  const services = references.map((reference, at) => ({
    name: memberName(group, reference, role, at, `${field}[${at}]`),
    weight: reference.weight ?? 1,
  }))
  if (role === 'hrw') return { highestRandomWeight: { services } }
  return { weighted: { services, ...(sticky === undefined || Object.keys(sticky).length === 0 ? {} : { sticky }) } }
}
