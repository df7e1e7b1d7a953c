import type { PlanHead } from '../../../src/plan/signed-plan.ts'
import type { Authorship } from './author.ts'
import { EdgeError } from './edge-error.ts'
import { refuseIfPinned } from './pin.ts'
import { revisionBefore } from './publications.ts'
import { publish } from './publish.ts'
import type { Publishing } from './publishing.ts'
import { compared, diffTo, notesOf, timeFor } from './push.ts'
import { readRevoked } from './revocations.ts'

/**
 * Publishes an earlier plan again, under a new revision. Only a plan that a trusted key has signed is signed again.
 * @param to the revision; null: the one before what is live (`revisionBefore`)
 * @throws EdgeError where there is none, where it is revoked, or where a revision is pinned
 */
export async function rollback(
  publishing: Publishing,
  to: number | null,
  { authorship, command }: { readonly authorship: Authorship; readonly command: string },
  print: (text: string) => void,
): Promise<PlanHead> {
  const { kv, key, reader, publications } = publishing
  const [now, known] = await Promise.all([compared(publishing), readRevoked(kv, reader), refuseIfPinned(kv, reader)])
  if (known === null) print('The list of revoked revisions is signed by a key that is not known here\n')
  const revoked = known ?? new Set<number>()
  const revision = to ?? (await before(publishing, now.live?.head ?? null, revoked))
  if (revoked.has(revision)) throw new EdgeError(`revision ${revision} is revoked: no worker would serve it`)
  const { head, plan } = await publications.planOf(revision).catch((error: unknown) => {
    throw error instanceof EdgeError && /key that is not trusted/.test(error.message)
      ? new EdgeError(`${error.message}: give its public key with --trust`)
      : error
  })
  const diff = diffTo(now, plan)
  const of = head.rollbackOf ?? revision
  return publish(kv, plan, key, timeFor(publishing, now.live, print), {
    audience: reader.audience,
    trust: publishing.trust,
    publisher: authorship.author,
    rollbackOf: of,
    mayBeEmpty: head.empty === true,
    notes: notesOf({ plan, diff, authorship, command, allowed: [] }, now.revision),
    live: now.live,
  })
}

async function before(
  { kv, publications }: Publishing,
  live: PlanHead | null,
  revoked: ReadonlySet<number>,
): Promise<number> {
  if (live === null) {
    throw new EdgeError(
      `nothing that is signed by a key known here is live in ${kv.title}: say which revision with --to, and the key that it was signed by with --trust`,
    )
  }
  const found = revisionBefore(live, await publications.past(), revoked)
  if (found !== null) return found
  throw new EdgeError(
    `there is nothing earlier in ${kv.title} than the plan of revision ${live.rollbackOf ?? live.revision} (kept for 30 days): \`signalbox edge history\` lists what there is`,
  )
}
