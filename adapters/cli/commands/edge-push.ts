import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { urlFlag } from '../edge/ask-worker.ts'
import { authorshipOf } from '../edge/author.ts'
import { EdgeError } from '../edge/edge-error.ts'
import { refuseInstallFile } from '../edge/install-file.ts'
import { describeDiff } from '../edge/plan-diff.ts'
import { describeUse, limitUses, TIERS, type Tier, WARNING_SHARE } from '../edge/plan-limits.ts'
import { describeProblems, installFlag, planForEdge } from '../edge/plan-source.ts'
import { Publications } from '../edge/publications.ts'
import { publisherFlags, publishingAt, readerAt, revisionOf } from '../edge/publishing.ts'
import { compared, describeObstacles, diffTo, push } from '../edge/push.ts'
import { obstaclesTo } from '../edge/push-checks.ts'
import { beforePush, describeBehind, secondsOf } from '../edge/wait.ts'
import { at, where } from '../edge/where.ts'
import { checkSecrets } from '../edge/worker-secrets.ts'

export const command = defineCommand({
  name: 'edge push',
  about: 'plans a file, signs the plan and publishes it to Workers',
  example: 'edge push --config routing.yml --key signing-key.pem',
  details:
    'Plans a file (or a folder), signs the plan and publishes it to the Workers that read the KV namespace. What has errors or no router, or would take away more than 30 % of the live routers, is not published.',
  operands: [],
  flags: {
    config: { value: 'FILE', about: 'the routing configuration' },
    ...installFlag,
    'dry-run': { about: 'say what would change, and publish nothing' },
    'allow-errors': { about: 'publish in spite of errors: what has one is disabled' },
    'allow-empty': { about: 'publish a plan without routers' },
    'allow-shrink': { about: 'publish though more than 30 % of the live routers vanish' },
    tier: { choices: TIERS, fallback: 'paid', about: 'what the account pays for: a plan must stay within its limits' },
    from: { value: 'REVISION', about: 'the revision that the file was made from: stop when another one is live' },
    wait: {
      value: 'SECONDS',
      about: 'return when every location that was heard of serves it; exit status 3: some do not',
    },
    ...urlFlag,
    force: { about: 'publish whatever is live by now' },
    ...publisherFlags,
    ...where,
  },
  async run({ flags, print }) {
    const { config } = flags
    if (config === undefined) throw new Misuse('--config FILE is needed')
    const wait = flags.wait === undefined ? null : secondsOf(flags.wait)
    const from = flags.from === undefined ? null : revisionOf(flags.from, '--from')
    refuseInstallFile(config, 'edge push')
    return at(flags, async (place) => {
      const isDry = flags['dry-run']
      const hasKey = flags.key !== undefined || (process.env.SIGNALBOX_SIGNING_KEY ?? '') !== ''
      // Who only looks needs no key.
      const publishing = isDry && !hasKey ? null : await publishingAt(place, flags, print)
      const { plan, problems } = await planForEdge(flags.configFile)(config, 'edge')
      if (problems.length > 0) print(describeProblems(problems))
      if (plan === null) throw new EdgeError(`${config} is refused: nothing was published`)
      const looking = publishing ?? {
        kv: place.kv,
        publications: new Publications(place.kv, await readerAt(place, flags)),
      }
      const waiting = isDry || wait === null ? null : await beforePush(place, flags.url, publishing!.key)
      const live = await compared(looking)
      const diff = diffTo(live, plan)
      const uses = limitUses(plan, flags.tier as Tier)
      for (const use of uses.filter(({ used, limit }) => used < limit && used >= limit * WARNING_SHARE)) {
        print(`warning: the plan takes much of the ${describeUse(use)}\n`)
      }
      // On this machine secrets are in a file of wrangler's.
      const secrets = flags.local ? null : await checkSecrets(plan, place, process.env, print)
      print(secrets?.note ?? '')
      const obstacles = [...obstaclesTo(plan, problems, live.plan, uses), ...(secrets?.obstacles ?? [])]
      const stopping = obstacles.filter(({ flag }) => flag === null || !flags[flag])
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
          authorship: await authorshipOf(flags.author, config, process.env),
          command: `edge push --config ${config}${flags.env === undefined ? '' : ` --env ${flags.env}`}`,
          allowed: obstacles.flatMap(({ flag }) => flag ?? []),
          from,
          force: flags.force,
        },
        print,
      )
      const { revision, time, digest } = head
      const json = { revision, publishedAt: new Date(time).toISOString(), digest, from: live.revision, ...diff }
      if (waiting === null || wait === null) return { json, text: '' }
      const behind = await waiting(revision, wait)
      return { json: { ...json, behind }, text: describeBehind(behind, revision), status: behind.length === 0 ? 0 : 3 }
    })
  },
})
