import type { Plan } from '../../src/plan/plan.ts'
import type { Signer } from '../../src/plan/signed-line.ts'
import { type PublicationDetails, signPlan } from '../../src/plan/signed-plan.ts'

/** A published value, by the least that there is to say about it. */
export async function published(
  plan: Plan,
  revision: number,
  signer: Signer,
  more: Partial<PublicationDetails> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const details = { audience: '', revision, rollbackOf: null, time: Date.now(), publisher: '', ...more }
  return Uint8Array.from((await signPlan(plan, details, signer)).value)
}
