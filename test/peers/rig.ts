import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { startProxy, type TestProxy } from '../support/node-proxy.ts'

/** What a program that ended has left; `status` is null where a signal ended it. */
export interface Ended {
  readonly status: number | null
  readonly out: Buffer
  readonly text: string
  readonly errors: string
}

/** User and group a program runs as; null is our own. */
export type Account = { readonly uid: number; readonly gid: number } | null

interface Wanted {
  readonly input?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
  readonly as?: Account
}

/** A program that runs, and what it has printed so far. */
export interface Running {
  readonly child: ChildProcess
  readonly out: () => Buffer
  readonly errors: () => Buffer
  readonly ended: Promise<number | null>
}

const LIMIT_MS = 60_000
const folders = [
  ...(process.env.PATH ?? '').split(':'),
  '/usr/sbin',
  ...globSync('/usr/lib/postgresql/*/bin').sort().reverse(),
]

/** Where a program is: on the path or where Debian puts servers. */
function locate(program: string): string {
  if (path.isAbsolute(program)) return program
  const file = folders.map((folder) => path.join(folder, program)).find((candidate) => existsSync(candidate))
  if (file === undefined) throw new Error(`${program} is not installed: .ci/peers installs what these tests need`)
  return file
}

/** An account without rights where we are root, for servers that refuse root; null is our own. */
export function plainAccount(): Account {
  if (process.getuid?.() !== 0) return null
  const id = (flag: string) => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}

function collect(stream: NodeJS.ReadableStream): () => Buffer {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => void chunks.push(chunk))
  return () => Buffer.concat(chunks)
}

/** Ends a program and what it has started; nothing where it is gone. */
function killAll(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Programs of others, proxies and a folder for their files; `close` ends and removes it all. */
export class PeerRig {
  readonly dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-peers-'))
  readonly #servers: { readonly running: Running; readonly signal: NodeJS.Signals }[] = []
  readonly #proxies: TestProxy[] = []
  readonly #alive = new Set<ChildProcess>()

  constructor() {
    // Servers that run as somebody else must find their own files in it.
    chmodSync(this.dir, 0o711)
    process.once('exit', () => this.#alive.forEach(killAll))
  }

  /** Runs a program to its end, a minute at most. */
  async run(program: string, args: readonly string[], wanted: Wanted = {}): Promise<Ended> {
    const { child, ended, out, errors } = this.#spawn(program, args, wanted)
    const limit = setTimeout(() => killAll(child), LIMIT_MS)
    const status = await ended
    clearTimeout(limit)
    return { status, out: out(), text: out().toString(), errors: errors().toString() }
  }

  /** Runs a program that must succeed; what it printed, without the last line's end. */
  async output(program: string, args: readonly string[], wanted: Wanted = {}): Promise<string> {
    const { status, text, errors } = await this.run(program, args, wanted)
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${text.slice(0, 2000)}${errors.slice(0, 2000)}`)
    return text.trimEnd()
  }

  /** Starts a program that `signal` stops in the end. */
  start(program: string, args: readonly string[], wanted: Wanted = {}, signal: NodeJS.Signals = 'SIGTERM'): Running {
    const running = this.#spawn(program, args, wanted)
    this.#servers.push({ running, signal })
    return running
  }

  async proxy(routing: object, flags: readonly string[] = []): Promise<TestProxy> {
    const proxy = await startProxy(JSON.stringify(routing), flags)
    this.#proxies.push(proxy)
    return proxy
  }

  /** Writes a file that only its owner may read; its path. */
  file(name: string, content: string | Buffer, owner: Account = null): string {
    const file = path.join(this.dir, name)
    writeFileSync(file, content, { mode: 0o600 })
    if (owner !== null) chownSync(file, owner.uid, owner.gid)
    return file
  }

  /** Makes a folder that only its owner may enter; its path. */
  folder(name: string, owner: Account = null): string {
    const folder = path.join(this.dir, name)
    mkdirSync(folder, { mode: 0o700 })
    if (owner !== null) chownSync(folder, owner.uid, owner.gid)
    return folder
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies) await proxy.stop()
    for (const { running, signal } of this.#servers) {
      running.child.kill(signal)
      const limit = setTimeout(() => killAll(running.child), LIMIT_MS / 6)
      await running.ended
      clearTimeout(limit)
    }
    rmSync(this.dir, { recursive: true, force: true })
  }

  #spawn(program: string, args: readonly string[], { input = '', env = {}, as = null }: Wanted): Running {
    const child = spawn(locate(program), args, {
      cwd: this.dir,
      env: { ...process.env, LC_ALL: 'C', ...env },
      stdio: 'pipe',
      detached: true,
      ...as,
    })
    this.#alive.add(child)
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (status) => {
        this.#alive.delete(child)
        resolve(status)
      })
    })
    // A program that doesn't want its input closes it.
    child.stdin.on('error', () => undefined).end(input)
    return { child, ended, out: collect(child.stdout), errors: collect(child.stderr) }
  }
}
