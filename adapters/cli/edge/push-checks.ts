import type { Plan } from '../../../src/plan/plan.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import { shortened } from './author.ts'
import { own } from './plan-diff.ts'
import { describeUse, type LimitUse } from './plan-limits.ts'

/** Why a plan should not be published, and what to say to publish it all the same; null: nothing helps. */
export interface Obstacle {
  readonly flag: 'allow-errors' | 'allow-empty' | 'allow-shrink' | null
  readonly message: string
}

/** Share of the live routers that may vanish with one push. */
const MOST_VANISHING = 0.3

/**
 * What speaks against publishing.
 * @param live null: nothing is live that could be compared
 * @param uses what it takes of the limits of the account
 */
export function obstaclesTo(
  plan: Plan,
  problems: readonly ConfigProblem[],
  live: Plan | null,
  uses: readonly LimitUse[],
): readonly Obstacle[] {
  const found: Obstacle[] = uses
    .filter(({ used, limit }) => used >= limit)
    .map((use) => ({ flag: null, message: `it takes too much: ${describeUse(use)}` }))
  const errors = problems.filter(({ severity }) => severity === 'error').length
  if (errors > 0) found.push({ flag: 'allow-errors', message: `it has ${errors} error${errors === 1 ? '' : 's'}` })
  const routers = own(plan.routers)
  if (routers.length === 0) found.push({ flag: 'allow-empty', message: 'it has no router: every request would be 404' })
  const before = live === null ? [] : own(live.routers)
  const vanishing = before.filter((name) => !Object.hasOwn(plan.routers, name))
  if (vanishing.length > before.length * MOST_VANISHING) {
    const some = vanishing
      .slice(0, 3)
      .map((name) => shortened(name, 100))
      .join(', ')
    const more = vanishing.length > 3 ? ` and ${vanishing.length - 3} more` : ''
    found.push({
      flag: 'allow-shrink',
      message: `${vanishing.length} of ${before.length} live routers would vanish: ${some}${more}`,
    })
  }
  return found
}
