import type { Outcome } from '../command.ts'
import { authorshipOf } from './author.ts'
import { EdgeError } from './edge-error.ts'
import { refuseInstallFile } from './install-file.ts'
import { describeDiff } from './plan-diff.ts'
import { describeUse, limitUses, WARNING_SHARE } from './plan-limits.ts'
import { describeProblems, planForEdge } from './plan-source.ts'
import { Publications } from './publications.ts'
import { publishingAt, readerAt } from './publishing.ts'
import { compared, describeObstacles, diffTo, push } from './push.ts'
import { obstaclesTo } from './push-checks.ts'
import type { Tier } from './shared-flags.ts'
import { beforePush, describeBehind } from './wait.ts'
import type { Place, Where } from './where.ts'
import { checkSecrets } from './worker-secrets.ts'

/** What `edge push` was told. */
export interface FilePush extends Pick<Where, 'env' | 'local'> {
  /** The file, or the folder. */
  readonly config: string
  readonly configFile: string | undefined
  readonly 'dry-run': boolean
  readonly 'allow-errors': boolean
  readonly 'allow-empty': boolean
  readonly 'allow-shrink': boolean
  readonly tier: string
  /** The revision that the file was made from; null: nobody says. */
  readonly from: number | null
  /** Seconds; null: nobody waits. */
  readonly wait: number | null
  readonly url: string | undefined
  readonly force: boolean
  readonly key: string | undefined
  readonly author: string | undefined
  readonly trust: string | undefined
}

/**
 * Plans a file and publishes it, unless something speaks against it.
 * @throws EdgeError, Misuse
 */
export async function pushFile(place: Place, request: FilePush, print: (text: string) => void): Promise<Outcome> {
  const { config, wait, from } = request
  refuseInstallFile(config, 'edge push')
  const isDry = request['dry-run']
  const hasKey = request.key !== undefined || (process.env.SIGNALBOX_SIGNING_KEY ?? '') !== ''
  // Who only looks needs no key.
  const publishing = isDry && !hasKey ? null : await publishingAt(place, request, print)
  // Git is asked while the plan is made.
  const authorship = isDry ? null : authorshipOf(request.author, config, process.env)
  const { plan, problems } = await planForEdge(request.configFile)(config, 'edge')
  if (problems.length > 0) print(describeProblems(problems))
  if (plan === null) throw new EdgeError(`${config} is refused: nothing was published`)
  const looking = publishing ?? {
    kv: place.kv,
    publications: new Publications(place.kv, await readerAt(place, request)),
  }
  const waiting = isDry || wait === null ? null : await beforePush(place, request.url, publishing!.key)
  const live = await compared(looking)
  const diff = diffTo(live, plan)
  const uses = limitUses(plan, request.tier as Tier)
  for (const use of uses.filter(({ used, limit }) => used < limit && used >= limit * WARNING_SHARE)) {
    print(`warning: the plan takes much of the ${describeUse(use)}\n`)
  }
  // On this machine secrets are in a file of wrangler's.
  const secrets = request.local ? null : await checkSecrets(plan, place, process.env, print)
  print(secrets?.note ?? '')
  const obstacles = [...obstaclesTo(plan, problems, live.plan, uses), ...(secrets?.obstacles ?? [])]
  const stopping = obstacles.filter(({ flag }) => flag === null || !request[flag])
  if (isDry) {
    const would = stopping.length === 0 ? '' : `It would not be published:\n${describeObstacles(stopping)}\n`
    const stops = stopping.map(({ message }) => message)
    return {
      json: { from: live.revision, ...diff, stops, limits: uses },
      text: describeDiff(diff) + would,
      status: would === '' ? 0 : 1,
    }
  }
  if (stopping.length > 0) {
    throw new EdgeError(`nothing was published of ${config}:\n${describeObstacles(stopping)}`)
  }
  const head = await push(
    publishing!,
    {
      plan,
      compared: live,
      diff,
      authorship: (await authorship)!,
      command: `edge push --config ${config}${request.env === undefined ? '' : ` --env ${request.env}`}`,
      allowed: obstacles.flatMap(({ flag }) => flag ?? []),
      from,
      force: request.force,
    },
    print,
  )
  const { revision, time, digest } = head
  const json = { revision, publishedAt: new Date(time).toISOString(), digest, from: live.revision, ...diff }
  if (waiting === null || wait === null) return { json, text: '' }
  const behind = await waiting(revision, wait)
  return { json: { ...json, behind }, text: describeBehind(behind, revision), status: behind.length === 0 ? 0 : 3 }
}
