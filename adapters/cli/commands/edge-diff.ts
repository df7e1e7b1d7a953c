import type { Plan } from '../../../src/plan/plan.ts'
import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { EdgeError } from '../edge/edge-error.ts'
import { refuseInstallFile } from '../edge/install-file.ts'
import { describeDiff, diffPlans } from '../edge/plan-diff.ts'
import { describeProblems, planForEdge } from '../edge/plan-source.ts'
import { Publications, revisionBefore } from '../edge/publications.ts'
import { readerAt } from '../edge/publishing.ts'
import { installFlag, revisionOf, trustFlag } from '../edge/shared-flags.ts'
import { at, where } from '../edge/where.ts'

const isRevision = (word: string): boolean => /^\d+$/.test(word)

export const command = defineCommand({
  name: 'edge diff',
  about: 'says which elements differ between publications, or a file',
  example: 'edge diff routing.yml',
  details:
    'Says which elements were added (+), removed (-) and changed (~), with the options that differ and never their values: what is live against the one before it; with a revision, what is live against it; with a file, the file against what is live or against the revision.',
  operands: [
    { name: 'REVISION', isOptional: true, isFile: true, about: 'one that `signalbox edge history` lists, or the file' },
    { name: 'FILE', isOptional: true, isFile: true, about: 'a routing configuration, not published yet' },
  ],
  flags: { ...installFlag, ...trustFlag, ...where },
  async run({ flags, operands, print }) {
    const [first, second] = operands
    const revision = first === undefined || !isRevision(first) ? null : revisionOf(first, 'the revision')
    if (second !== undefined && revision === null) throw new Misuse(`${first} is no revision`)
    const file = revision === null ? first : second
    if (file !== undefined) refuseInstallFile(file, 'edge push')
    return at(flags, async (place) => {
      const publications = new Publications(place.kv, await readerAt(place, flags))
      const after = file === undefined ? await livePlan(publications) : await planned(file, flags.configFile, print)
      if (after === null) throw new EdgeError(`nothing is live in ${place.kv.title}`)
      const before = revision === null ? null : (await publications.planOf(revision)).plan
      const other = before ?? (file === undefined ? await planBefore(publications) : await livePlan(publications))
      const diff = diffPlans(other, after)
      return { json: diff, text: describeDiff(diff) }
    })
  },
})

async function planned(file: string, install: string | undefined, print: (text: string) => void): Promise<Plan> {
  const { plan, problems } = await planForEdge(install)(file, 'edge')
  if (plan !== null) return plan
  print(describeProblems(problems))
  throw new EdgeError(`${file} is refused`)
}

/**
 * Null: nothing is live.
 * @throws EdgeError where it is not believed
 */
async function livePlan(publications: Publications): Promise<Plan | null> {
  const live = await publications.live()
  return live === null ? null : (await publications.openLive(live)).plan
}

/** Null: there was none. */
async function planBefore(publications: Publications): Promise<Plan | null> {
  const head = (await publications.live())?.head ?? null
  const before = head === null ? null : revisionBefore(head, await publications.past(), new Set())
  return before === null ? null : (await publications.planOf(before)).plan
}
