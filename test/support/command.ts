import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

const main = path.resolve(import.meta.dirname, '../../adapters/cli/main.ts')

/** The command in a process of its own, and what it has printed so far. */
export interface RunningCommand {
  readonly child: ChildProcess
  readonly output: () => string
  readonly errors: () => string
  /** Its exit status, or the name of the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** Starts `signalbox …` from its source. */
export function startCommand(args: readonly string[], { env = {}, cwd }: CommandOptions = {}): RunningCommand {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  const texts = { out: '', errors: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    texts.out += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    texts.errors += chunk
  })
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals)
  return { child, output: () => texts.out, errors: () => texts.errors, ended }
}

/** Runs `signalbox …` to its end. */
export async function runCommand(args: readonly string[], options: CommandOptions = {}) {
  const command = startCommand(args, options)
  const status = await command.ended
  return { status, output: command.output(), errors: command.errors() }
}
