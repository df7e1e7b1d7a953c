import { defineCommand } from '../command.ts'
import { history } from '../edge/publish.ts'
import { namespaceAt, where } from '../edge/where.ts'

export const command = defineCommand({
  name: 'edge revisions',
  about: 'lists what can be rolled back to',
  example: 'edge revisions',
  details: 'Lists the publications of the last 30 days, the newest first.',
  operands: [],
  flags: where,
  async run({ flags }) {
    const revisions = await history(await namespaceAt(flags))
    const json = revisions.map((revision) => ({ revision, publishedAt: new Date(revision).toISOString() }))
    return { json, text: json.map(({ revision, publishedAt }) => `${revision}  ${publishedAt}\n`).join('') }
  },
})
