import { setTimeout as sleep } from 'node:timers/promises'
import { defineCommand } from '../command.ts'
import { workerUrl } from '../edge/ask-worker.ts'
import { publishingAt } from '../edge/publishing.ts'
import { trustFlag, urlFlag } from '../edge/shared-flags.ts'
import { describeStatus, statusOf } from '../edge/status.ts'
import { at, where } from '../edge/where.ts'

/** Time between two looks of `--watch`, in ms. */
const WATCH_MS = 5_000

export const command = defineCommand({
  name: 'edge status',
  about: 'shows what is live, and what Workers make of it',
  example: 'edge status --env production',
  details:
    'Shows what is published, what each location that was heard of in the last ten minutes serves, how servers were at their last checks, what is switched by hand, and the problems of the last hour. The Worker is asked by a request that is signed with the signing key.',
  operands: [],
  flags: {
    watch: { about: 'look again every 5 s' },
    key: { value: 'FILE', about: 'the signing key; without it that in SIGNALBOX_SIGNING_KEY' },
    ...urlFlag,
    ...trustFlag,
    ...where,
  },
  notes:
    'Exit status 4: the Worker has no SIGNALBOX_STATE bound, where isolates tell what they serve, so that only what is published is known.',
  run: ({ flags, print, tell }) =>
    at(flags, async (place) => {
      const url = workerUrl(place, flags.url)
      const publishing = await publishingAt(place, flags, print)
      for (;;) {
        const status = await statusOf(url, place, publishing)
        const finding = { json: status, text: describeStatus(status) }
        if (!flags.watch) return { ...finding, ...(status.object.bound ? {} : withoutObject(finding)) }
        tell({ ...finding, text: `${new Date().toISOString()}\n${finding.text}\n` })
        await sleep(WATCH_MS)
      }
    }),
})

const withoutObject = ({ text }: { readonly text: string }) => ({
  text: `${text}\nThe Worker has no SIGNALBOX_STATE bound: nobody knows what locations serve. Add the object as in the wrangler.jsonc that \`signalbox edge init\` writes.\n`,
  status: 4 as const,
})
