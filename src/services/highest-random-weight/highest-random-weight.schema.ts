import type { ServiceGroupPlan } from '../../plan/services.ts'
import { defineElement } from '../../schema/element.ts'
import { prepareMembers } from '../shared/members.schema.ts'
import { highestRandomWeightOptions } from '../shared/options.schema.ts'

export const highestRandomWeightElement = defineElement({
  schema: highestRandomWeightOptions,
  prepare: ({ services, healthCheck }, scope): ServiceGroupPlan => ({
    members: prepareMembers(services, scope),
    healthCheck: healthCheck !== undefined,
  }),
})
