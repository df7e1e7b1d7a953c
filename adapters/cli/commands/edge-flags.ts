import { maskUrl } from '../../../src/http/masked-url.ts'
import { defineCommand } from '../command.ts'
import { readerAt } from '../edge/publishing.ts'
import { trustFlag } from '../edge/shared-flags.ts'
import { at, where } from '../edge/where.ts'
import { readState } from '../operator/kv-flags.ts'

export const command = defineCommand({
  name: 'edge flags',
  about: 'prints what is switched by hand on Workers',
  example: 'edge flags --namespace-id 0123456789abcdef',
  details: 'Prints what is switched by hand: drained servers and maintenance pages. It stays so over publications.',
  operands: [],
  flags: { ...where, ...trustFlag },
  async run({ flags }) {
    const { middlewares, title, ...state } = await at(flags, async (place) => ({
      ...(await readState(place.kv, await readerAt(place, flags))),
      title: place.kv.title,
    }))
    const drained = state.drained.map(({ service, url }) => ({ service, url: maskUrl(url) }))
    const lines = [
      ...drained.map(({ service, url }) => `drained      ${service} ${url}\n`),
      ...Object.entries(middlewares).map(([name, on]) => `maintenance  ${name} ${on ? 'on' : 'off'}\n`),
    ]
    const text = lines.length === 0 ? `Nothing is switched by hand in ${title}\n` : lines.join('')
    return { json: { drained, middlewares }, text }
  },
})
