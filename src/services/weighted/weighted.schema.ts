import type * as z from 'zod'
import type { ServiceGroupPlan, WeightedPlan } from '../../plan/services.ts'
import { defineElement, type PrepareScope } from '../../schema/element.ts'
import { weightedOptions } from '../shared/options.schema.ts'
import { prepareSticky } from '../shared/sticky.schema.ts'

type MemberOptions = z.output<typeof weightedOptions>['services']

export const weightedElement = defineElement({
  schema: weightedOptions,
  prepare({ services, sticky, healthCheck }, scope): WeightedPlan {
    const members = prepareMembers(services, scope)
    return {
      members,
      sticky: prepareSticky(
        sticky,
        scope.name,
        members.map((member) => member.id),
      ),
      healthCheck: healthCheck !== undefined,
    }
  },
})

export const prepareMembers = (services: MemberOptions, scope: PrepareScope): ServiceGroupPlan['members'] =>
  (services ?? []).map(({ name = '', weight }) => ({ id: name, service: scope.qualify(name), weight }))
