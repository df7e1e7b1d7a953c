import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ContainerLog } from './logs.ts'
import { addressCommands, join } from './network.ts'

export interface ContainerOptions {
  /** A folder of its own on a file system in memory. */
  readonly folder: string
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Contents of files by folder and name, as the container sees them. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, Buffer>>
  readonly address: string
  /** The number of the Pod. */
  readonly at: number
  /** Takes what it says. */
  readonly log: ContainerLog
}

/** What the root file system of the machine does not show. */
const MOUNTED = ['/proc', '/dev', '/tmp']

/** A program in a network namespace and on a root file system of its own, which shows the machine's. */
export class RunningContainer {
  readonly ended: Promise<void>
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, log: ContainerLog) {
    this.#child = child
    this.ended = new Promise((resolve) => child.once('close', () => resolve()))
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => log.add(chunk.toString()))
    }
  }

  static async start({
    folder,
    command,
    environment,
    files,
    address,
    at,
    log,
  }: ContainerOptions): Promise<RunningContainer> {
    const within = (name: string): string => path.join(folder, name)
    for (const name of ['root', 'upper', 'work']) mkdirSync(within(name), { recursive: true })
    for (const [where, contents] of files) {
      mkdirSync(within(`upper${where}`), { recursive: true })
      for (const [name, content] of contents) writeFileSync(within(`upper${where}/${name}`), content)
    }
    const layers = `lowerdir=/,upperdir=${within('upper')},workdir=${within('work')}`
    const steps = [
      // Its namespace is there: it can be joined.
      'echo && read -r _',
      addressCommands(address),
      `mount -t overlay overlay -o ${layers} ${within('root')}`,
      ...MOUNTED.map((where) => `mount --rbind ${where} ${within('root')}${where}`),
      `exec chroot ${within('root')} "$@" </dev/null`,
    ]
    const shell = ['--net', '--mount', '/bin/sh', '-c', steps.join(' && '), 'sh', ...command]
    const child = spawn('unshare', shell, { env: { PATH: process.env.PATH, ...environment } })
    const container = new RunningContainer(child, log)
    await Promise.race([once(child.stdout, 'data'), container.ended])
    if (child.exitCode !== null) throw new Error(`no namespace for ${command.join(' ')}: ${log.since(0)}`)
    await join(child.pid!, at)
    child.stdin.end('\n')
    return container
  }

  async end(graceMs: number): Promise<void> {
    this.#child.kill('SIGTERM')
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), graceMs)
    await this.ended
    clearTimeout(limit)
  }
}

/** A file system in memory, in our own namespace: what lies on the machine's can't be laid over itself. */
export function mountMemory(folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder])
}
