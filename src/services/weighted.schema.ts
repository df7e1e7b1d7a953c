import type { WeightedPlan } from '../plan/services.ts'
import { defineElement } from '../schema/element.ts'
import { weightedOptions } from './options.schema.ts'
import { prepareSticky } from './sticky.schema.ts'

export const weightedElement = defineElement({
  schema: weightedOptions,
  prepare(options, scope): WeightedPlan {
    const members = (options.services ?? [])
      .map(({ name = '', weight }) => ({ id: name, service: scope.qualify(name), weight }))
      .filter((member) => member.weight > 0)
    return {
      members,
      sticky: prepareSticky(
        options.sticky,
        scope.name,
        members.map((member) => member.id),
      ),
      healthCheck: options.healthCheck !== undefined,
    }
  },
})
