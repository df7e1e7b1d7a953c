import { VERSION } from '../../src/version.ts'
import { commands, findCommand } from './commands.ts'

async function start(args: readonly string[]): Promise<number> {
  const [first] = args
  if (first === '--version' || first === '-v') {
    process.stdout.write(`${VERSION}\n`)
    return 0
  }
  if (first === undefined || first.startsWith('-')) {
    // Without a command it is the proxy, with Traefik's flags.
    const isHelp = args.some((arg) => /^--?(?:help|h)$/.test(arg))
    return isHelp ? (await commands.help!()).command.main([]) : (await commands.run!()).command.main(args)
  }
  const called = findCommand(args)
  if (called === null) return (await import('./commands/help.ts')).unknownCommand(args)
  const { command } = await called.load()
  return command.main(called.args, command.name === 'run' ? 'run' : called.words)
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
