import type { Plan } from '../../plan/plan.ts'
import type { RuntimeReport } from '../report.ts'

/** Names of the routers that name one as their parent, by its name. */
export function childrenOf({ routers }: Plan): ReadonlyMap<string, readonly string[]> {
  const children = new Map<string, string[]>()
  for (const [name, router] of Object.entries(routers)) {
    for (const parent of router.parents) {
      const known = children.get(parent)
      if (known === undefined) children.set(parent, [name])
      else known.push(name)
    }
  }
  return children
}

/** Notes of services and middlewares which routers use them. */
export function noteUse({ routers }: Plan, report: RuntimeReport): void {
  for (const [name, router] of Object.entries(routers)) {
    if (router.service !== null) report.services.get(router.service)?.use(name)
    for (const middleware of router.middlewares) report.middlewares.get(middleware)?.use(name)
  }
}
