import { LONGEST_TOKEN_MS, signDebugToken } from '../../../src/plan/signed-request.ts'
import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { publishingAt } from '../edge/publishing.ts'
import { trustFlag } from '../edge/shared-flags.ts'
import { at, where } from '../edge/where.ts'

export const command = defineCommand({
  name: 'edge token',
  about: 'makes a token that lets its holder see what answers came by',
  example: 'edge token --minutes 30',
  details:
    'Prints a token. Answers to requests that have it in the field X-Signalbox-Token tell in X-Signalbox which revision, router and server they came by, and where the plan comes from. Servers never see the token.',
  operands: [],
  flags: {
    minutes: { value: 'NUMBER', fallback: '30', about: 'how long it is good for, at most a day' },
    key: { value: 'FILE', about: 'the signing key; without it that in SIGNALBOX_SIGNING_KEY' },
    ...trustFlag,
    ...where,
  },
  async run({ flags }) {
    const ms = Number(flags.minutes) * 60_000
    if (!/^[0-9]{1,4}$/.test(flags.minutes) || ms === 0 || ms > LONGEST_TOKEN_MS) {
      throw new Misuse(`--minutes ${flags.minutes}: 1 to ${LONGEST_TOKEN_MS / 60_000}`)
    }
    return at(flags, async (place) => {
      const { key } = await publishingAt(place, flags, (text) => void process.stderr.write(text))
      const time = Date.now()
      const expires = time + ms
      const token = await signDebugToken({ audience: place.audience, time, expires }, key)
      return { json: { token, expiresAt: new Date(expires).toISOString() }, text: `${token}\n` }
    })
  },
})
