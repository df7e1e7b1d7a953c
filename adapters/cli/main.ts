import { VERSION } from '../../src/version.ts'

/** Each command loads what it needs and nothing else: `--version` must be quick. */
const commands: Readonly<Record<string, () => Promise<{ main(args: readonly string[]): Promise<number> }>>> = {
  run: () => import('./commands/run.ts'),
  check: () => import('./commands/check.ts'),
  drain: () => import('./commands/drain.ts'),
  maintenance: () => import('./commands/maintenance.ts'),
  edge: () => import('./commands/edge.ts'),
  healthcheck: () => import('./commands/healthcheck.ts'),
  version: () => import('./commands/version.ts'),
  help: () => import('./commands/help.ts'),
}

async function start(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args
  if (first === '--version' || first === '-v') {
    process.stdout.write(`${VERSION}\n`)
    return 0
  }
  if (first !== undefined && !first.startsWith('-')) {
    // `traefik traefik …` runs the proxy; people's scripts say the program's own name too.
    const name = first === 'traefik' || first === 'signalbox' ? 'run' : first
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (load === undefined) return (await import('./commands/help.ts')).unknownCommand(first, Object.keys(commands))
    return (await load()).main(rest)
  }
  return (await commands.run!()).main(args)
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
