import { parseArgs } from 'node:util'
import { ControlError, sendCommand } from '../control-client.ts'

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
  const [middleware, to, ...rest] = positionals
  if (middleware === undefined || rest.length > 0) return usage('a middleware is needed')
  if (to !== undefined && !['on', 'off', 'auto'].includes(to)) return usage(`${to}: on, off or auto`)
  const path = `/api/http/middlewares/${encodeURIComponent(middleware)}/switch`
  const method = to === undefined ? 'GET' : to === 'auto' ? 'DELETE' : 'PUT'
  try {
    const query = method === 'PUT' ? `?on=${to === 'on'}` : ''
    const answer = (await sendCommand(method, `${path}${query}`, values)) as { middleware: string; on: boolean | null }
    process.stdout.write(`${answer.middleware}: ${answer.on === null ? 'as configured' : answer.on ? 'on' : 'off'}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof ControlError)) throw error
    process.stderr.write(`signalbox maintenance: ${error.message}\n`)
    return 1
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      api: { type: 'string' },
      configFile: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
}

function usage(reason: string): number {
  process.stderr.write(`signalbox maintenance: ${reason}\n\n${USAGE}`)
  return 2
}
