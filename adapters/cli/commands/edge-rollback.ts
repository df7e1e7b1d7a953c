import { defineCommand } from '../command.ts'
import { publisherFlags, revisionOf } from '../edge/shared-flags.ts'
import { at, where } from '../edge/where.ts'

export const command = defineCommand({
  name: 'edge rollback',
  about: 'publishes an earlier plan again',
  example: 'edge rollback --key signing-key.pem',
  details:
    'Publishes an earlier plan again, under a new revision: the one that was live before. Called again it goes further back, never forward.',
  operands: [],
  flags: {
    to: { value: 'REVISION', about: 'any that `signalbox edge history` lists' },
    ...publisherFlags,
    ...where,
  },
  async run({ flags, print }) {
    const to = flags.to === undefined ? null : revisionOf(flags.to, '--to')
    // What publishes is loaded while the namespace of this machine starts.
    return at(flags, async (place) => {
      const [{ authorshipOf }, { publishingAt }, { rollback }] = await Promise.all([
        import('../edge/author.ts'),
        import('../edge/publishing.ts'),
        import('../edge/rollback.ts'),
      ])
      const publishing = await publishingAt(place, flags, print)
      const authorship = await authorshipOf(flags.author, undefined, process.env)
      const command = `edge rollback${to === null ? '' : ` --to ${to}`}`
      const { revision, rollbackOf } = await rollback(publishing, to, { authorship, command }, print)
      return {
        json: { revision, rollbackOf },
        text: `Published revision ${revision} to ${place.kv.title}: the plan of revision ${rollbackOf}\n`,
      }
    })
  },
})
