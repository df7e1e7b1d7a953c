import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { EdgeError } from '../edge/edge-error.ts'
import { livePlan } from '../edge/publish.ts'
import { namespaceAt, where } from '../edge/where.ts'

export const command = defineCommand({
  name: 'edge bundle',
  about: 'writes the published plan into a file that is deployed with the Worker',
  example: 'edge bundle --out dist/fallback.json',
  details:
    'Writes the published plan, signed as it is, into a file that is deployed with the Worker: it is served when nothing else can be had. The Worker looks for `fallback.json` beside `worker.js`.',
  operands: [],
  flags: { out: { value: 'FILE', about: 'where it is written: `fallback.json` beside `worker.js`' }, ...where },
  async run({ flags, print }) {
    const { out } = flags
    if (out === undefined) throw new Misuse('--out FILE is needed')
    const kv = await namespaceAt(flags)
    const { value, head } = await livePlan(kv)
    try {
      await writeFile(out, `${JSON.stringify({ plan: Buffer.from(value).toString('base64') })}\n`)
    } catch (error) {
      throw new EdgeError(`the plan can't be written: ${(error as Error).message}`)
    }
    if (path.basename(out) !== 'fallback.json' || !existsSync(path.join(path.dirname(out), 'worker.js'))) {
      print(`${out} is not beside a worker.js under the name fallback.json, where the Worker looks for it\n`)
    }
    return {
      json: { revision: head.revision, file: out },
      text: `Wrote revision ${head.revision} of ${kv.title} to ${out}: the next deployment takes it along\n`,
    }
  },
})
