import { VERSION } from '../../src/version.ts'
import { commands, program } from './commands.ts'

async function start(args: readonly string[]): Promise<number> {
  const [first] = args
  if (first === '--version' || first === '-v') {
    process.stdout.write(`${VERSION}\n`)
    return 0
  }
  if (first === undefined || first.startsWith('-')) {
    // Without a command it is the proxy, with Traefik's flags.
    const isHelp = args.some((arg) => /^--?(?:help|h)$/.test(arg))
    return isHelp
      ? (await commands.help!()).command.main([], program)
      : (await commands.run!()).command.main(args, program)
  }
  const called = program.find(args)
  if (called === null) return (await import('./commands/help.ts')).unknownCommand(args, program)
  const { command } = await called.load()
  return command.main(called.args, program, command.name === 'run' ? 'run' : called.words)
}

start(process.argv.slice(2)).then(
  (code) => {
    // Not `process.exit`: what is still being written to standard output gets there.
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`signalbox: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 1
  },
)
