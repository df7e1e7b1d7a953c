import { type BuildScope, ConfigError, defineService, type Service } from '../kinds/kinds.ts'
import type { WeightedPlan } from '../plan/services.ts'
import { balanced, type Member } from './balanced.ts'

/** Services behind a balancer (contract http-services §5). */
export const weighted = defineService<WeightedPlan>({
  build(plan, scope) {
    const members = plan.members.map(({ id, service, weight }): Member => {
      const child = childOf(id, service, scope)
      if (plan.healthCheck && !child.checked) {
        throw new ConfigError(
          `cannot register ${id} as updater for ${scope.name}: healthCheck not enabled in config for this service`,
        )
      }
      return {
        id,
        weight,
        fenced: false,
        handle: child.handle,
        isUp: plan.healthCheck ? () => child.isUp() : () => true,
      }
    })
    return {
      name: scope.name,
      checked: plan.healthCheck,
      handle: balanced(members, plan.sticky, scope.ports),
      isUp: () => members.some((member) => member.isUp()),
      servers: null,
    }
  },
})

function childOf(id: string, name: string, scope: BuildScope): Service {
  try {
    return scope.service(name)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(`building HTTP service "${id}": ${error.message}`)
  }
}
