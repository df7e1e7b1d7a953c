import { parseArgs } from 'node:util'
import { type ApiLocation, ControlError } from './control-client.ts'

/** A command to the API of a running proxy. */
export interface ApiCommand {
  readonly name: string
  /** What `--help` prints. */
  readonly usage: string
  /** Options without a value, beside those that all have. */
  readonly flags: readonly string[]
  /** Carries it out and gives what to print; throws `Misuse` or `ControlError`. */
  run(operands: readonly string[], flags: ReadonlySet<string>, where: ApiLocation): Promise<string>
}

/** Wrong arguments: the usage is shown. */
export class Misuse extends Error {}

/** @returns the exit status: 0 done, 1 not done, 2 usage */
export async function runCommand(command: ApiCommand, args: readonly string[]): Promise<number> {
  const { name, usage } = command
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        api: { type: 'string' },
        configFile: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        ...Object.fromEntries(command.flags.map((flag) => [flag, { type: 'boolean' as const }])),
      },
    })
    if (values.help) {
      process.stdout.write(usage)
      return 0
    }
    const { api, configFile, ...given } = values
    const where = { ...(api === undefined ? {} : { api }), ...(configFile === undefined ? {} : { configFile }) }
    process.stdout.write(await command.run(positionals, new Set(Object.keys(given)), where))
    return 0
  } catch (error) {
    if (error instanceof ControlError) {
      process.stderr.write(`signalbox ${name}: ${error.message}\n`)
      return 1
    }
    const isMisuse = error instanceof Misuse || /^ERR_PARSE_ARGS/.test(String((error as { code?: unknown }).code))
    if (!isMisuse) throw error
    process.stderr.write(`signalbox ${name}: ${(error as Error).message}\n\n${usage}`)
    return 2
  }
}
