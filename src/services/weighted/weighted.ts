import { type BuildScope, ConfigError, defineService, type Service } from '../../contracts/kinds.ts'
import type { WeightedPlan } from '../../plan/services.ts'
import { serviceGroup } from '../shared/service-group.ts'

/** Services that share requests by weight (Traefik v3.7 `pkg/server/service/loadbalancer/wrr`). */
export const weighted = defineService<WeightedPlan>({
  build: (plan, scope) =>
    serviceGroup(
      plan,
      { strategy: 'wrr', label: 'WRR', sticky: plan.sticky, child: (id, service) => childOf(id, service, scope) },
      scope,
    ),
})

function childOf(id: string, name: string, scope: BuildScope): Service {
  try {
    return scope.service(name)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(`building HTTP service "${id}": ${error.message}`)
  }
}
