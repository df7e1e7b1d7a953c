import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { rollback } from '../edge/publish.ts'
import { keyFlag, loadSigningKey } from '../edge/signing-keys.ts'
import { namespaceAt, where } from '../edge/where.ts'

export const command = defineCommand({
  name: 'edge rollback',
  about: 'publishes an earlier plan again',
  example: 'edge rollback --key signing-key.pem',
  details: 'Publishes an earlier plan again, under a new revision.',
  operands: [],
  flags: {
    to: {
      value: 'REVISION',
      about: 'one that `signalbox edge revisions` lists; by default the last one before the present',
    },
    ...keyFlag,
    ...where,
  },
  async run({ flags }) {
    const { to } = flags
    if (to !== undefined && !/^[0-9]{1,15}$/.test(to)) throw new Misuse(`--to ${to} is no revision`)
    const key = await loadSigningKey(flags.key ?? null, process.env)
    const kv = await namespaceAt(flags)
    const { revision, rollbackOf } = await rollback(kv, key, to === undefined ? null : Number(to), Date.now())
    return {
      json: { revision, rollbackOf },
      text: `Published revision ${revision} to ${kv.title}: the plan of revision ${rollbackOf}\n`,
    }
  },
})
