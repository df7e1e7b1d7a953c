import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { importPublicKeys } from '../../../src/plan/signed-line.ts'
import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { EdgeError } from '../edge/edge-error.ts'
import { Publications } from '../edge/publications.ts'
import { at, type Place, trustedKeysOf, where } from '../edge/where.ts'

export const command = defineCommand({
  name: 'edge bundle',
  about: 'writes the published plan into a file that is deployed with the Worker',
  example: 'edge bundle --out dist/fallback.json',
  details:
    'Writes the published plan, signed as it is, into a file that is deployed with the Worker and served when nothing else can be had. The Worker looks for `fallback.json` beside `worker.js`.',
  operands: [],
  flags: {
    out: { value: 'FILE', about: 'where it is written: `fallback.json` beside `worker.js`' },
    ...where,
  },
  async run({ flags, print }) {
    const { out } = flags
    if (out === undefined) throw new Misuse('--out FILE is needed')
    return at(flags, async (place) => {
      const { value, revision } = await livePlan(place)
      try {
        await writeFile(out, `${JSON.stringify({ plan: Buffer.from(value).toString('base64') })}\n`)
      } catch (error) {
        throw new EdgeError(`the plan can't be written: ${(error as Error).message}`)
      }
      if (path.basename(out) !== 'fallback.json' || !existsSync(path.join(path.dirname(out), 'worker.js'))) {
        print(`${out} is not a fallback.json beside a worker.js: that is where the Worker looks for it\n`)
      }
      return {
        json: { revision, file: out },
        text: `Wrote revision ${revision} of ${place.kv.title} to ${out}: the next deployment takes it along\n`,
      }
    })
  },
})

/** What a Worker would take over, as far as it is known whom it believes. */
async function livePlan(place: Place): Promise<{ value: Uint8Array; revision: number }> {
  const keys = trustedKeysOf(place)
  const reader = keys === null ? null : { keys: await importPublicKeys(keys), audience: place.audience }
  const publications = new Publications(place.kv, reader)
  const live = await publications.live()
  if (live === null) throw new EdgeError(`nothing has been published to ${place.kv.title}`)
  if (live.head === null) throw new EdgeError(`the Worker would refuse what is published to ${place.kv.title}`)
  await publications.openLive(live)
  return { value: live.value, revision: live.head.revision }
}
