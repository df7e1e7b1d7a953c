import type * as z from 'zod'
import type { ServiceGroupPlan } from '../../plan/services.ts'
import type { PrepareScope } from '../../schema/element.ts'
import type { weightedOptions } from './options.schema.ts'

type MemberOptions = z.output<typeof weightedOptions>['services']

/** The services of a group with their weights; names are completed by the provider of the group. */
export const prepareMembers = (services: MemberOptions, scope: PrepareScope): ServiceGroupPlan['members'] =>
  (services ?? []).map(({ name = '', weight }) => ({ id: name, service: scope.qualify(name), weight }))
