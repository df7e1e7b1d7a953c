import { inTurns } from '../../http/in-turns.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Snapshot } from '../snapshot.ts'
import type { LinkOptions } from './link-options.ts'
import { linking } from './linker.ts'

/** Links a plan as `link` does, between the turns of others, however large it is. */
export function linkInTurns(plan: Plan, options: LinkOptions, turn: () => Promise<void>): Promise<Snapshot> {
  const { clock } = options.ports
  return inTurns(linking(plan, options), () => clock.now(), turn)
}
