import type { Called, Program } from './command.ts'

/** Every command by its words. Each is loaded when it is called and not before: `--version` must be quick. */
export const commands: Readonly<Record<string, Called['load']>> = {
  run: () => import('./commands/run.ts'),
  check: () => import('./commands/check.ts'),
  drain: () => import('./commands/drain.ts'),
  maintenance: () => import('./commands/maintenance.ts'),
  providers: () => import('./commands/providers.ts'),
  'edge init': () => import('./commands/edge-init.ts'),
  'edge dev': () => import('./commands/edge-dev.ts'),
  'edge build': () => import('./commands/edge-build.ts'),
  'edge push': () => import('./commands/edge-push.ts'),
  'edge bundle': () => import('./commands/edge-bundle.ts'),
  'edge rollback': () => import('./commands/edge-rollback.ts'),
  'edge history': () => import('./commands/edge-history.ts'),
  'edge diff': () => import('./commands/edge-diff.ts'),
  'edge pin': () => import('./commands/edge-pin.ts'),
  'edge unpin': () => import('./commands/edge-unpin.ts'),
  'edge revoke': () => import('./commands/edge-revoke.ts'),
  'edge status': () => import('./commands/edge-status.ts'),
  'edge token': () => import('./commands/edge-token.ts'),
  'edge flags': () => import('./commands/edge-flags.ts'),
  'edge keygen': () => import('./commands/edge-keygen.ts'),
  healthcheck: () => import('./commands/healthcheck.ts'),
  version: () => import('./commands/version.ts'),
  completion: () => import('./commands/completion.ts'),
  help: () => import('./commands/help.ts'),
}

/** Words of old that mean a command of today. */
const aliases: Readonly<Record<string, string>> = {
  // `traefik traefik …` runs the proxy; people's scripts say the program's own name too.
  traefik: 'run',
  signalbox: 'run',
  'edge drain': 'drain',
  'edge maintenance': 'maintenance',
}

/** The program: what is called by the first words of a command line. */
export const program: Program = {
  names: Object.keys(commands),
  aliases,
  groups: [
    ...new Set(
      Object.keys(commands)
        .filter((name) => name.includes(' '))
        .map((name) => name.split(' ', 1)[0]!),
    ),
  ],
  find(args) {
    for (const length of [2, 1]) {
      const words = args.slice(0, length).join(' ')
      if (args.length < length) continue
      const name = Object.hasOwn(aliases, words) ? aliases[words]! : words
      if (Object.hasOwn(commands, name)) return { words, load: commands[name]!, args: args.slice(length) }
    }
    return null
  },
  load(group = '') {
    const names = Object.keys(commands).filter((name) => group === '' || name.startsWith(`${group} `))
    return Promise.all(names.map(async (name) => (await commands[name]!()).command))
  },
}
