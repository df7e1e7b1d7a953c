import { defineCommand } from '../command.ts'
import { describeHistory, historyIn } from '../edge/history.ts'
import { readerAt } from '../edge/publishing.ts'
import { trustFlag } from '../edge/shared-flags.ts'
import { at, where } from '../edge/where.ts'

export const command = defineCommand({
  name: 'edge history',
  about: 'lists publications: who, when, from what, and which one is live',
  example: 'edge history',
  details: 'Lists the publications of the last 30 days, the newest first; a star marks the one that is live.',
  operands: [],
  flags: { ...trustFlag, ...where },
  notes:
    'Signatures are compared with the keys of the Worker (its wrangler.jsonc) and those of --trust; where there are none, they are not.',
  run: ({ flags }) =>
    at(flags, async (place) => {
      const entries = await historyIn(place.kv, await readerAt(place, flags))
      const text = entries.length === 0 ? `Nothing has been published to ${place.kv.title}\n` : describeHistory(entries)
      return { json: entries, text }
    }),
})
