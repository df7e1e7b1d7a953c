import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { installFlag, publisherFlags, revisionOf, secondsOf, TIERS, urlFlag } from '../edge/shared-flags.ts'
import { at, where } from '../edge/where.ts'

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
    // What plans is loaded while the namespace of this machine starts.
    return at(flags, async (place) => {
      const { pushFile } = await import('../edge/push-file.ts')
      return pushFile(place, { ...flags, config, wait, from }, print)
    })
  },
})
