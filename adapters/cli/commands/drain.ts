import { maskUrl } from '../../../src/http/masked-url.ts'
import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { onSwitchboard, target } from '../operator/target.ts'

export const command = defineCommand({
  name: 'drain',
  about: 'takes a server out of a running proxy without cutting anybody off',
  example: 'drain shop@file http://10.0.0.7:8080',
  details:
    'Takes a server out of a running proxy without cutting anybody off: it gets no new sessions, those bound to it by a cookie go on. It stays so over reloads and publications until it is taken back in, or the proxy ends.',
  operands: [
    { name: 'SERVICE', about: 'the service that has the server' },
    { name: 'SERVER', isOptional: true, about: 'its URL or address as configured; without it: who is drained' },
  ],
  flags: {
    undo: { about: 'take the server back in' },
    tcp: { about: 'the service is one of TCP' },
    udp: { about: 'the service is one of UDP' },
    ...target,
  },
  notes:
    'A proxy with an API must run with api.control: true. For Workers what is switched is signed with the key that signs plans.',
  async run({ flags, operands, calledAs, print }) {
    const [service, server] = operands as [string, string | undefined]
    if (flags.tcp && flags.udp) throw new Misuse('--tcp or --udp, not both')
    const protocol = flags.tcp ? 'tcp' : flags.udp ? 'udp' : 'http'
    return onSwitchboard(flags, calledAs, print, async (switchboard) => {
      if (server === undefined) {
        const json = await switchboard.drained(protocol, service)
        const { drained } = json
        return { json, text: drained.length === 0 ? `${service}: nobody is drained\n` : `${drained.join('\n')}\n` }
      }
      const json = await switchboard.drain(protocol, service, server, !flags.undo)
      const where = switchboard.title === '' ? '' : `, in ${switchboard.title}`
      const what = flags.undo ? 'is back in' : 'gets no new sessions'
      return { json, text: `${json.service}: ${maskUrl(server)} ${what}${where}\n` }
    })
  },
})
