import type { WeightedPlan } from '../../plan/services.ts'
import { defineElement } from '../../schema/element.ts'
import { prepareMembers } from '../shared/members.schema.ts'
import { weightedOptions } from '../shared/options.schema.ts'
import { prepareSticky } from '../shared/sticky.schema.ts'

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
