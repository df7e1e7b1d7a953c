import { defineCommand } from '../command.ts'
import { authorshipOf } from '../edge/author.ts'
import { refuseIfPinned, writePin } from '../edge/pin.ts'
import { publishingTime } from '../edge/publish.ts'
import { publishingAt } from '../edge/publishing.ts'
import { rollback } from '../edge/rollback.ts'
import { publisherFlags, revisionOf } from '../edge/shared-flags.ts'
import { at, where } from '../edge/where.ts'

export const command = defineCommand({
  name: 'edge pin',
  about: 'keeps a revision live: pushes and rollbacks are refused',
  example: 'edge pin 1796000000000 --key signing-key.pem',
  details:
    'Keeps the plan of a revision live: pushes and rollbacks are refused until `signalbox edge unpin`. A revision that is not live is published again first.',
  operands: [{ name: 'REVISION', about: 'one that `signalbox edge history` lists' }],
  flags: { ...publisherFlags, ...where },
  async run({ flags, operands, print }) {
    const revision = revisionOf(operands[0]!, 'REVISION')
    return at(flags, async (place) => {
      const publishing = await publishingAt(place, flags, print)
      const { kv, reader, key, publications } = publishing
      await refuseIfPinned(kv, reader)
      const authorship = await authorshipOf(flags.author, undefined, process.env)
      const live = (await publications.live())?.head ?? null
      const isLive = live?.revision === revision || live?.rollbackOf === revision
      const command = `edge pin ${revision}`
      const head = isLive ? live! : await rollback(publishing, revision, { authorship, command }, print)
      const time = publishingTime(kv, print)
      const { audience } = reader
      await writePin(kv, { audience, revision: head.revision, time, publisher: authorship.author }, key)
      const again = isLive ? '' : `, published again as revision ${head.revision},`
      return {
        json: { pinned: head.revision, rollbackOf: head.rollbackOf },
        text: `Revision ${revision}${again} is pinned in ${kv.title}: \`signalbox edge unpin\` lets others be published\n`,
      }
    })
  },
})
