import type { Command } from './command.ts'

type Load = () => Promise<{ readonly command: Command }>

/** Every command by its words. Each is loaded when it is called and not before: `--version` must be quick. */
export const commands: Readonly<Record<string, Load>> = {
  run: () => import('./commands/run.ts'),
  check: () => import('./commands/check.ts'),
  drain: () => import('./commands/drain.ts'),
  maintenance: () => import('./commands/maintenance.ts'),
  'edge dev': () => import('./commands/edge-dev.ts'),
  'edge push': () => import('./commands/edge-push.ts'),
  'edge rollback': () => import('./commands/edge-rollback.ts'),
  'edge revisions': () => import('./commands/edge-revisions.ts'),
  'edge flags': () => import('./commands/edge-flags.ts'),
  'edge keygen': () => import('./commands/edge-keygen.ts'),
  healthcheck: () => import('./commands/healthcheck.ts'),
  version: () => import('./commands/version.ts'),
  completion: () => import('./commands/completion.ts'),
  help: () => import('./commands/help.ts'),
}

/** Words of old that mean a command of today. */
export const aliases: Readonly<Record<string, string>> = {
  // `traefik traefik …` runs the proxy; people's scripts say the program's own name too.
  traefik: 'run',
  signalbox: 'run',
  'edge drain': 'drain',
  'edge maintenance': 'maintenance',
}

/** A command that was called, and what follows its words. */
export interface Called {
  readonly words: string
  readonly load: Load
  readonly args: readonly string[]
}

/** The command that the first words name, the longest name first; null when there is none. */
export function findCommand(args: readonly string[]): Called | null {
  for (const length of [2, 1]) {
    const words = args.slice(0, length).join(' ')
    if (args.length < length) continue
    const name = Object.hasOwn(aliases, words) ? aliases[words]! : words
    if (Object.hasOwn(commands, name)) return { words, load: commands[name]!, args: args.slice(length) }
  }
  return null
}

/** All of them, or those of a group (`edge`). */
export function loadCommands(group = ''): Promise<Command[]> {
  const names = Object.keys(commands).filter((name) => group === '' || name.startsWith(`${group} `))
  return Promise.all(names.map(async (name) => (await commands[name]!()).command))
}

/** First words of commands of two. */
export const groups: readonly string[] = [
  ...new Set(
    Object.keys(commands)
      .filter((name) => name.includes(' '))
      .map((name) => name.split(' ', 1)[0]!),
  ),
]
