import { defineCommand } from '../command.ts'
import { publishingTime } from '../edge/publish.ts'
import { publishingAt } from '../edge/publishing.ts'
import { revoke } from '../edge/revocations.ts'
import { publisherFlags, revisionOf } from '../edge/shared-flags.ts'
import { at, where } from '../edge/where.ts'

export const command = defineCommand({
  name: 'edge revoke',
  about: 'makes workers refuse a revision for ever',
  example: 'edge revoke 1796000000000 --key signing-key.pem',
  details:
    'Makes workers refuse a revision for ever, with every publication that has brought its plan back. Where it is live they fall back to the plan before it, until another one is published.',
  operands: [{ name: 'REVISION', about: 'one that `signalbox edge history` lists' }],
  flags: { ...publisherFlags, ...where },
  async run({ flags, operands, print }) {
    const revision = revisionOf(operands[0]!, 'REVISION')
    return at(flags, async (place) => {
      const { kv, key, reader, publications } = await publishingAt(place, flags, print)
      const past = await publications.past()
      const live = (await publications.live())?.head ?? null
      const again = past.filter(({ head }) => head?.rollbackOf === revision).map((copy) => copy.revision)
      const revoked = [revision, ...again]
      await revoke(kv, revoked, reader, key, publishingTime(kv, print))
      const isLive = live !== null && revoked.includes(live.revision)
      const next = isLive ? '. It is live: `signalbox edge rollback` or a push replaces it' : ''
      return {
        json: { revoked, isLive },
        text: `Workers refuse ${revoked.join(', ')} for ever, in ${kv.title}${next}\n`,
      }
    })
  },
})
