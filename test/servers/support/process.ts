import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { until } from '../../support/until.ts'

export interface ServerOptions {
  readonly program: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Whether it takes requests by now. */
  readonly isReady: () => Promise<boolean>
  /** How long that may take; 30 s by default. */
  readonly limitMs?: number
}

/** Ended and removed with this process, whatever its tests do. */
const running = new Set<ChildProcess>()
const folders = new Set<string>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const folder of folders) {
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // An engine that was killed leaves mounts behind, which are busy; the folder is among the system's temporary ones.
    }
  }
})

/** A server of others that a test starts, stops and starts again; what it keeps stays in between. */
export class ServerProcess {
  readonly #options: ServerOptions
  #child: ChildProcess | null = null
  #output = ''

  constructor(options: ServerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { program, args, env = {}, isReady, limitMs = 30_000 } = this.#options
    if (!existsSync(program)) throw new Error(`${program} is not there: .ci/servers installs what these tests need`)
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-10_000)
      })
    }
    this.#child = child
    running.add(child)
    child.once('close', () => running.delete(child))
    const ready = async () => {
      if (hasEnded(child))
        throw new Error(`${program} ended with ${child.exitCode ?? child.signalCode}: ${this.#output}`)
      return await isReady().catch(() => false)
    }
    await until(ready, (is) => is, limitMs)
  }

  /** Resolves when it has ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || hasEnded(child)) return
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill(signal)
    child.kill('SIGCONT')
    await ended
  }

  /** Stays and says nothing. */
  stall(): void {
    this.#child?.kill('SIGSTOP')
  }

  goOn(): void {
    this.#child?.kill('SIGCONT')
  }
}

/** A folder for a server's files, removed when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-servers-'))
  folders.add(folder)
  return folder
}

/** By itself, or by somebody's signal. */
const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null
