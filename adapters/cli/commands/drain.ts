import { parseArgs } from 'node:util'
import { ControlError, sendCommand } from '../control-client.ts'

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
export async function main(args: readonly string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    return usage((error as Error).message)
  }
  const { values, positionals } = parsed
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const [service, server, ...rest] = positionals
  if (service === undefined || rest.length > 0) return usage('a service and a server are needed')
  const protocol = values.tcp ? 'tcp' : values.udp ? 'udp' : 'http'
  const path = `/api/${protocol}/services/${encodeURIComponent(service)}/drained`
  try {
    if (server === undefined) {
      const drained = (await sendCommand('GET', path, values)) as readonly string[]
      process.stdout.write(drained.length === 0 ? `${service}: nobody is drained\n` : `${drained.join('\n')}\n`)
      return 0
    }
    const method = values.undo ? 'DELETE' : 'PUT'
    const done = (await sendCommand(method, `${path}?server=${encodeURIComponent(server)}`, values)) as {
      service: string
    }
    process.stdout.write(`${done.service}: ${server} ${values.undo ? 'is back in' : 'gets no new sessions'}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof ControlError)) throw error
    process.stderr.write(`signalbox drain: ${error.message}\n`)
    return 1
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      undo: { type: 'boolean', default: false },
      tcp: { type: 'boolean', default: false },
      udp: { type: 'boolean', default: false },
      api: { type: 'string' },
      configFile: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
}

function usage(reason: string): number {
  process.stderr.write(`signalbox drain: ${reason}\n\n${USAGE}`)
  return 2
}
