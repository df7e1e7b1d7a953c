import type { Plan } from '../../../src/plan/plan.ts'
import type { PublicationNotes } from '../../../src/plan/publication-notes.ts'
import type { PlanHead } from '../../../src/plan/signed-plan.ts'
import { VERSION } from '../../../src/version.ts'
import { type Authorship, shortened } from './author.ts'
import { EdgeError } from './edge-error.ts'
import { refuseIfPinned } from './pin.ts'
import { countsOf, diffPlans, own, type PlanDiff, summaryOf } from './plan-diff.ts'
import { type Live, Publications } from './publications.ts'
import { publish, publishingTime } from './publish.ts'
import type { Publishing } from './publishing.ts'
import type { Obstacle } from './push-checks.ts'

/** What is live, as far as it can be compared with. */
export interface Compared {
  readonly live: Live | null
  /** Null: nothing is live, or nothing that can be read. */
  readonly plan: Plan | null
  /** Null with `plan`. */
  readonly revision: number | null
}

/** What is live, whoever has signed it: a comparison publishes nothing. */
export async function compared({ kv, publications }: Pick<Publishing, 'kv' | 'publications'>): Promise<Compared> {
  const live = await publications.live()
  const anyone = new Publications(kv, null)
  const known = live === null || live.head !== null ? live : await anyone.live()
  if (known === null || known.head === null) return { live, plan: null, revision: null }
  try {
    return { live, plan: (await anyone.openLive(known)).plan, revision: known.head.revision }
  } catch (error) {
    // It can't be read, so nothing can be said of it.
    if (error instanceof EdgeError) return { live, plan: null, revision: null }
    throw error
  }
}

/** Says what speaks against a plan and how to publish it all the same. */
export function describeObstacles(obstacles: readonly Obstacle[]): string {
  return obstacles
    .map(({ flag, message }) => `  ${message}${flag === null ? '' : ` (--${flag} lets it pass)`}`)
    .join('\n')
}

export interface PushRequest {
  readonly plan: Plan
  readonly compared: Compared
  readonly diff: PlanDiff
  readonly authorship: Authorship
  readonly command: string
  /** Flags that were needed. */
  readonly allowed: readonly string[]
  /** The revision that the file was made from; null: that which is live. */
  readonly from: number | null
  /** Publishes whatever is live by now. */
  readonly force: boolean
}

/**
 * Publishes a plan that nothing speaks against.
 * @throws EdgeError when a revision is pinned, or another one is live than the one that it was made from
 */
export async function push(
  publishing: Publishing,
  request: PushRequest,
  print: (text: string) => void,
): Promise<PlanHead> {
  const { kv, key, reader } = publishing
  const { plan, compared, diff, from, force } = request
  await refuseIfPinned(kv, reader)
  const { live, revision } = compared
  if (from !== null && from !== revision && !force) {
    const now = revision === null ? 'nothing' : `revision ${revision}`
    throw new EdgeError(
      `the file was made from revision ${from}, but ${now} is live in ${kv.title}: nothing was published. Look at \`signalbox edge diff\`, then push --from ${revision ?? 0} or --force`,
    )
  }
  if (live !== null && live.head === null) {
    print('What is live is signed by a key that is not known here: give it with --trust to follow its revision\n')
  }
  const head = await publish(kv, plan, key, timeFor(publishing, live, print), {
    audience: reader.audience,
    trust: publishing.trust,
    publisher: request.authorship.author,
    mayBeEmpty: true,
    notes: notesOf(request, revision),
    ...(force ? {} : { live }),
  })
  const count = (what: 'routers' | 'services' | 'middlewares') => `${own(plan[what]).length} ${what}`
  if (revision !== null) print(`${summaryOf(countsOf(diff))} against revision ${revision}\n`)
  print(
    `Published revision ${head.revision} to ${kv.title}: ${count('routers')}, ${count('services')}, ${count('middlewares')}\n`,
  )
  return head
}

/** The time of a publication; says so where clocks are wrong. */
export function timeFor({ kv }: Pick<Publishing, 'kv'>, live: Live | null, print: (text: string) => void): number {
  const now = publishingTime(kv, print)
  const last = live?.head?.revision ?? 0
  if (last > now + 60_000) {
    print(
      `Revision ${last} is from a clock that was ${Math.round((last - now) / 60_000)} min ahead: the next follows it\n`,
    )
  }
  return now
}

/** What is said of a publication of this plan. */
export function notesOf(
  {
    plan,
    diff,
    authorship,
    command,
    allowed,
  }: Pick<PushRequest, 'plan' | 'diff' | 'authorship' | 'command' | 'allowed'>,
  from: number | null,
): PublicationNotes {
  return {
    from,
    commit: authorship.commit,
    message: authorship.message,
    tool: VERSION,
    command: shortened(command, 80),
    allowed,
    elements: [own(plan.routers).length, own(plan.services).length, own(plan.middlewares).length],
    changes: countsOf(diff),
  }
}

/** The plans' difference, as what is live may be nothing. */
export const diffTo = ({ plan: live }: Compared, plan: Plan): PlanDiff => diffPlans(live, plan)
