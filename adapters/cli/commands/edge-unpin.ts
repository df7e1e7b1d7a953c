import { defineCommand } from '../command.ts'
import { removePin } from '../edge/pin.ts'
import { at, where } from '../edge/where.ts'

export const command = defineCommand({
  name: 'edge unpin',
  about: 'lets others be published again after `edge pin`',
  example: 'edge unpin',
  details: 'Lets others be published again after `signalbox edge pin`. What is live stays live.',
  operands: [],
  flags: where,
  run: ({ flags }) =>
    at(flags, async ({ kv }) => {
      const wasPinned = await removePin(kv)
      return {
        json: { wasPinned },
        text: `${wasPinned ? 'Nothing is pinned any more' : 'Nothing was pinned'} in ${kv.title}\n`,
      }
    }),
})
