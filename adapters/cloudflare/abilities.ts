import { matcherKinds } from '../../src/engine/matching/matchers.ts'
import { middlewareKinds } from '../../src/middlewares/registry.ts'
import { type Abilities, missingIn } from '../../src/plan/requirements.ts'
import type { Publication } from '../../src/plan/signed-plan.ts'
import { flawOf } from '../../src/plan/whole.ts'
import { serviceKinds } from '../../src/services/registry.ts'
import { VERSION } from '../../src/version.ts'

const abilities: Abilities = {
  worker: VERSION,
  middlewares: middlewareKinds,
  services: serviceKinds,
  matchers: matcherKinds,
}

/** Why this worker can't serve a plan whole, as people read it; null: it can. */
export function obstacleOf({ head, requires, plan }: Publication): string | null {
  // A plan of another version may have another shape: what it needs is looked at first.
  const missing = missingIn(requires, abilities)
  if (missing.length > 0) return `this worker lacks what the plan requires: ${missing.join(', ')}`
  return flawOf(plan, head.empty === true)
}
