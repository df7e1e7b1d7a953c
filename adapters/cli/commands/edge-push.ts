import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { installFlag, planForEdge } from '../edge/plan-source.ts'
import { push } from '../edge/push.ts'
import { keyFlag, loadSigningKey } from '../edge/signing-keys.ts'
import { namespaceAt, where } from '../edge/where.ts'

export const command = defineCommand({
  name: 'edge push',
  about: 'plans a file, signs the plan and publishes it to Workers',
  example: 'edge push --config routing.yml --key signing-key.pem',
  details: 'Plans a file (or a folder), signs the plan and publishes it to the Workers that read the KV namespace.',
  operands: [],
  flags: { config: { value: 'FILE', about: 'the routing configuration' }, ...installFlag, ...keyFlag, ...where },
  async run({ flags, print }) {
    if (flags.config === undefined) throw new Misuse('--config FILE is needed')
    const key = await loadSigningKey(flags.key ?? null, process.env)
    const kv = await namespaceAt(flags)
    const { revision, time } = await push(flags.config, planForEdge(flags.configFile), kv, key, print)
    return { json: { revision, publishedAt: new Date(time).toISOString() }, text: '' }
  },
})
