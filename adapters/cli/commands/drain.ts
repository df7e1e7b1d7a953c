import { maskUrl } from '../../../src/http/secrets.ts'
import { sendCommand } from '../control-client.ts'
import { Misuse, runCommand } from '../run-command.ts'

const USAGE = `signalbox drain shop@file http://10.0.0.7:8080

  Takes a server out of a running proxy without cutting anybody off: it gets no new sessions, those bound to it by a cookie
  go on. It stays so over reloads until it is taken back in, or the proxy ends.

usage: signalbox drain [--undo] [--tcp | --udp] [--api URL | --configFile FILE] SERVICE [SERVER]

  SERVER             URL or address of the server as configured; without it: who is drained
  --undo             take the server back in
  --tcp, --udp       the service is one of TCP or UDP
  --api URL          where the API is (default: what the install configuration says)
  --configFile FILE  the install configuration that the proxy runs with

The proxy must run with api.control: true.
`

/** `signalbox drain SERVICE SERVER` */
export const main = (args: readonly string[]): Promise<number> =>
  runCommand(
    {
      name: 'drain',
      usage: USAGE,
      flags: ['undo', 'tcp', 'udp'],
      async run([service, server, ...rest], flags, where) {
        if (service === undefined || rest.length > 0) throw new Misuse('a service and a server are needed')
        const protocol = flags.has('tcp') ? 'tcp' : flags.has('udp') ? 'udp' : 'http'
        const command = `/api/${protocol}/services/${encodeURIComponent(service)}/drained`
        if (server === undefined) {
          const drained = (await sendCommand('GET', command, where)) as readonly string[]
          return drained.length === 0 ? `${service}: nobody is drained\n` : `${drained.join('\n')}\n`
        }
        const method = flags.has('undo') ? 'DELETE' : 'PUT'
        const done = await sendCommand(method, `${command}?server=${encodeURIComponent(server)}`, where)
        const { service: name } = done as { service: string }
        return `${name}: ${maskUrl(server)} ${method === 'DELETE' ? 'is back in' : 'gets no new sessions'}\n`
      },
    },
    args,
  )
