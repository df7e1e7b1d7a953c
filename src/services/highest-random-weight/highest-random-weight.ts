import { defineService } from '../../contracts/kinds.ts'
import type { ServiceGroupPlan } from '../../plan/services.ts'
import { serviceGroup } from '../shared/service-group.ts'

/** Services of which each client address has its own (Traefik v3.7 `pkg/server/service/loadbalancer/hrw`). */
export const highestRandomWeight = defineService<ServiceGroupPlan>({
  build: (plan, scope) =>
    serviceGroup(
      plan,
      { strategy: 'hrw', label: 'HRW', sticky: null, child: (_, service) => scope.service(service) },
      scope,
    ),
})
