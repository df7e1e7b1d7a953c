import type { Plan } from '../../plan/plan.ts'
import type { RuntimeReport } from '../report.ts'

/** Notes of services and middlewares which routers use them. */
export function noteUse({ routers }: Plan, report: RuntimeReport): void {
  for (const [name, router] of Object.entries(routers)) {
    if (router.service !== null) report.services.get(router.service)?.use(name)
    for (const middleware of router.middlewares) report.middlewares.get(middleware)?.use(name)
  }
}
