import { close, closeSync, mkdirSync, openSync, write, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { RotatingFile } from './rotating-file.ts'

/** Characters that may wait for a slow disk or reader before lines are dropped. */
const WAITING_LIMIT = 8 * 1024 * 1024
const RETRY_MS = 10
/** Lines that come so soon after others were written are gathered: writing costs as much as making them. */
const GATHERING_MS = 10
/** Characters that are not gathered any longer. */
const GATHERED = 32 * 1024
/** Octets that as many characters may need. */
const OWN_SIZE = 3 * GATHERED
const STDOUT = 1

export interface LineSinkOptions {
  /** Null: standard output. */
  readonly path: string | null
  /** Renames the file when it is full; only with a path. */
  readonly rotation?: RotatingFile
  /** Called when writing starts to fail, and with what was lost once it works again; the sink goes on either way. */
  report(message: string): void
}

/**
 * Lines to a file or standard output, written in the background and together. A full disk, a closed pipe or a slow
 * reader cost lines and nothing else. What waits at exit is written then.
 */
export class LineSink {
  readonly #options: LineSinkOptions
  #fd: number
  #lines: string[] = []
  #waiting = 0
  #busy = false
  #lastAt = 0
  #timer: NodeJS.Timeout | null = null
  readonly #own = Buffer.allocUnsafeSlow(OWN_SIZE)
  #failing = false
  #lost = 0
  #closed = false
  #between: (() => void)[] = []
  readonly #flushAtExit = () => this.flush()

  /** Folders are created; throws when the file can't be opened. */
  constructor(options: LineSinkOptions) {
    this.#options = options
    this.#fd = options.path === null ? STDOUT : openForAppending(options.path)
    process.once('exit', this.#flushAtExit)
  }

  /** Takes a line with its newline. */
  write(line: string): void {
    if (this.#closed) return
    if (this.#waiting + line.length > WAITING_LIMIT) {
      this.#lost++
      return
    }
    this.#lines.push(line)
    this.#waiting += line.length
    if (!this.#busy) this.#schedule()
    else if (this.#timer !== null && this.#waiting >= GATHERED) this.#drainSoon()
  }

  /** Goes on in a new file of the same name, after the old one was moved away; keeps the old one when that fails. */
  reopen(): void {
    const { path, rotation, report } = this.#options
    if (path === null || this.#closed) return
    let fd: number
    try {
      fd = openForAppending(path)
    } catch (error) {
      report(`Unable to reopen ${path}: ${reasonOf(error)}`)
      return
    }
    // Lines from before belong to the old file.
    this.flush()
    const old = this.#fd
    this.#fd = fd
    rotation?.measure()
    this.#betweenWrites(() => close(old, () => {}))
  }

  /** Writes what waits, now. */
  flush(): void {
    const chunk = Buffer.from(this.#take())
    for (let done = 0, tries = 0; done < chunk.length; ) {
      try {
        done += writeSync(this.#fd, chunk, done)
      } catch (error) {
        if (codeOf(error) !== 'EAGAIN' || ++tries > 50) {
          this.#fail(error)
          return
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
      }
    }
    if (chunk.length > 0) this.#recover()
  }

  /** Writes what waits and closes the file. */
  close(): Promise<void> {
    this.#closed = true
    process.removeListener('exit', this.#flushAtExit)
    return new Promise((resolve) => {
      this.#betweenWrites(() => {
        this.flush()
        if (this.#fd !== STDOUT) closeSync(this.#fd)
        resolve()
      })
    })
  }

  #schedule(): void {
    this.#busy = true
    const waitMs = this.#lastAt + GATHERING_MS - performance.now()
    if (waitMs <= 0 || this.#waiting >= GATHERED || this.#between.length > 0) this.#drainSoon()
    else this.#timer = setTimeout(() => this.#drainSoon(), waitMs)
  }

  #drainSoon(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    setImmediate(() => this.#drain())
  }

  #drain(): void {
    for (const task of this.#between.splice(0)) task()
    if (this.#lines.length === 0) {
      this.#busy = false
      return
    }
    const chunk = this.#octetsOf(this.#take())
    this.#rotate(chunk.length)
    this.#lastAt = performance.now()
    this.#writeOut(this.#fd, chunk, 0)
  }

  #writeOut(fd: number, chunk: Uint8Array, start: number): void {
    write(fd, chunk, start, (error, written) => {
      if (error !== null && error.code === 'EAGAIN') {
        setTimeout(() => this.#writeOut(fd, chunk, start), RETRY_MS)
        return
      }
      if (error !== null) this.#fail(error)
      else if (start + written < chunk.length) return this.#writeOut(fd, chunk, start + written)
      else this.#recover()
      if (this.#lines.length === 0) this.#drain()
      else this.#schedule()
    })
  }

  #rotate(size: number): void {
    const { path, rotation, report } = this.#options
    if (path === null || rotation === undefined || !rotation.isFull(size)) return
    try {
      rotation.rotate()
      const fd = openForAppending(path)
      close(this.#fd, () => {})
      this.#fd = fd
    } catch (error) {
      report(`Unable to rotate ${path}: ${reasonOf(error)}`)
    }
  }

  #take(): string {
    const text = this.#lines.join('')
    this.#lines = []
    this.#waiting = 0
    return text
  }

  /** For one write in the background: there is never a second one. */
  #octetsOf(text: string): Uint8Array {
    return text.length > GATHERED ? Buffer.from(text) : this.#own.subarray(0, this.#own.write(text))
  }

  /** Runs a task while no write is under way. */
  #betweenWrites(task: () => void): void {
    if (!this.#busy) {
      task()
      return
    }
    this.#between.push(task)
    if (this.#timer !== null) this.#drainSoon()
  }

  #fail(error: unknown): void {
    if (this.#failing) return
    this.#failing = true
    this.#options.report(`Unable to write ${this.#name}: ${reasonOf(error)}`)
  }

  #recover(): void {
    if (!this.#failing && this.#lost === 0) return
    this.#failing = false
    const lost = this.#lost
    this.#lost = 0
    if (lost > 0) this.#options.report(`${lost} lines of ${this.#name} were lost`)
  }

  get #name(): string {
    return this.#options.path ?? 'standard output'
  }
}

function openForAppending(path: string): number {
  mkdirSync(dirname(path), { recursive: true })
  return openSync(path, 'a', 0o664)
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code
