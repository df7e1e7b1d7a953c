import { defineCommand } from '../command.ts'
import { onSwitchboard, target } from '../operator/target.ts'

export const command = defineCommand({
  name: 'maintenance',
  about: 'switches a maintenance page of a running proxy',
  example: 'maintenance down@file on',
  details:
    'Switches a `maintenance` middleware of a running proxy. It stays so over reloads and publications until it is switched again, or the proxy ends.',
  operands: [
    { name: 'MIDDLEWARE', about: 'a middleware of the kind `maintenance`' },
    {
      name: 'HOW',
      isOptional: true,
      choices: ['on', 'off', 'auto'],
      about: 'whatever the configuration says, or as it says; without it: how it is switched',
    },
  ],
  flags: target,
  notes:
    'A proxy with an API must run with api.control: true. For Workers what is switched is signed with the key that signs plans.',
  async run({ flags, operands, calledAs, print }) {
    const [middleware, how] = operands as [string, string | undefined]
    return onSwitchboard(flags, calledAs, print, async (switchboard) => {
      const json =
        how === undefined
          ? await switchboard.switched(middleware)
          : await switchboard.turn(middleware, how === 'auto' ? null : how === 'on')
      const where = switchboard.title === '' || how === undefined ? '' : `, in ${switchboard.title}`
      const state = json.on === null ? 'as configured' : json.on ? 'on' : 'off'
      return { json, text: `${json.middleware}: ${state}${where}\n` }
    })
  },
})
