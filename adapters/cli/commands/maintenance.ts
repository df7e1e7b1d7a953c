import { sendCommand } from '../control-client.ts'
import { Misuse, runCommand } from '../run-command.ts'

const USAGE = `signalbox maintenance down@file on

  Switches a \`maintenance\` middleware of a running proxy. It stays so over reloads until it is switched again, or the proxy ends.

usage: signalbox maintenance [--api URL | --configFile FILE] MIDDLEWARE [on|off|auto]

  on, off            whatever the configuration says
  auto               as configured
  --api URL          where the API is (default: what the install configuration says)
  --configFile FILE  the install configuration that the proxy runs with

The proxy must run with api.control: true. Without on, off or auto: how it is switched.
`

/** `signalbox maintenance MIDDLEWARE on` */
export const main = (args: readonly string[]): Promise<number> =>
  runCommand(
    {
      name: 'maintenance',
      usage: USAGE,
      flags: [],
      async run([middleware, to, ...rest], _flags, where) {
        if (middleware === undefined || rest.length > 0) throw new Misuse('a middleware is needed')
        if (to !== undefined && !['on', 'off', 'auto'].includes(to)) throw new Misuse(`${to}: on, off or auto`)
        const method = to === undefined ? 'GET' : to === 'auto' ? 'DELETE' : 'PUT'
        const query = method === 'PUT' ? `?on=${to === 'on'}` : ''
        const command = `/api/http/middlewares/${encodeURIComponent(middleware)}/switch${query}`
        const { middleware: name, on } = (await sendCommand(method, command, where)) as {
          middleware: string
          on: boolean | null
        }
        return `${name}: ${on === null ? 'as configured' : on ? 'on' : 'off'}\n`
      },
    },
    args,
  )
