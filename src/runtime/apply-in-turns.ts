import { inTurns } from '../http/in-turns.ts'
import type { Plan } from '../plan/plan.ts'
import type { Host } from './host.ts'
import type { LinkParts } from './linking/link-options.ts'
import { linking } from './linking/linker.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * Links a plan between the turns of others, however large it is, and puts it in force. One plan at a time: the caller
 * waits for it.
 * @param turn resolves once everybody else had one
 */
export async function applyInTurns(
  host: Host,
  plan: Plan,
  parts: LinkParts,
  turn: () => Promise<void>,
): Promise<Snapshot> {
  const { clock } = host.ports
  return host.put(await inTurns(linking(plan, host.linkOptions(parts)), () => clock.now(), turn))
}
