import { close, closeSync, mkdirSync, openSync, write, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { OctetSink } from './octets.ts'
import type { RotatingFile } from './rotating-file.ts'

/** Characters that may wait for a slow disk or reader before lines are dropped. */
const WAITING_LIMIT = 8 * 1024 * 1024
const RETRY_MS = 10
/** Lines that come so soon after others were written are gathered: writing costs as much as making them. */
const GATHERING_MS = 10
/** Octets of a piece, which is written at once; no longer line is put beside others. */
const PIECE = 128 * 1024
const LONGEST_GATHERED = PIECE / 4
const STDOUT = 1

export interface LineSinkOptions {
  /** Null: standard output. */
  readonly path: string | null
  /** Renames the file when it is full; only with a path. */
  readonly rotation?: RotatingFile
  /** Called when writing starts to fail, and with what was lost once it works again; the sink goes on either way. */
  report(message: string): void
}

/** Lines that are written together. */
interface Piece {
  readonly octets: Buffer
  readonly size: number
  readonly characters: number
}

/**
 * Lines to a file or standard output, written in the background and together. A full disk, a closed pipe or a slow
 * reader cost lines and nothing else. What waits at exit is written then.
 */
export class LineSink implements OctetSink {
  octets: Buffer = Buffer.allocUnsafeSlow(PIECE)
  at = 0
  /** Where the last line ends. */
  #end = 0
  /** Characters in `octets`. */
  #characters = 0
  /** What was gathered before `octets`. */
  #pieces: Piece[] = []
  /** Characters that wait, in all. */
  #waiting = 0
  /** For the next piece; null: none. */
  #spare: Buffer | null = null
  readonly #options: LineSinkOptions
  #fd: number
  #busy = false
  #lastAt = 0
  #timer: NodeJS.Timeout | null = null
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
    if (this.#closed || this.#isTooMuch(line.length)) return
    const most = 3 * line.length
    if (most > LONGEST_GATHERED) {
      this.#split()
      const octets = Buffer.from(line)
      this.#pieces.push({ octets, size: octets.length, characters: line.length })
    } else {
      this.#makeRoom(most)
      this.#end += this.octets.write(line, this.#end)
      this.#characters += line.length
    }
    this.#added(line.length)
  }

  begin(most: number): boolean {
    if (this.#closed || this.#isTooMuch(most)) return false
    this.#makeRoom(most)
    this.at = this.#end
    return true
  }

  added(): void {
    const octets = this.at - this.#end
    this.#end = this.at
    this.#characters += octets
    this.#added(octets)
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
    for (let piece = this.#take(); piece !== null; piece = this.#take()) {
      if (!this.#writeNow(piece)) {
        this.#drop()
        return
      }
      this.#recover()
    }
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

  /** Whether lines are lost rather than that so many more characters wait. */
  #isTooMuch(characters: number): boolean {
    if (this.#waiting + characters <= WAITING_LIMIT) return false
    this.#lost++
    return true
  }

  #makeRoom(octets: number): void {
    if (this.#end + octets > this.octets.length) this.#split()
  }

  #added(characters: number): void {
    this.#waiting += characters
    if (!this.#busy) this.#schedule()
    else if (this.#timer !== null && this.#pieces.length > 0) this.#drainSoon()
  }

  #schedule(): void {
    this.#busy = true
    const waitMs = this.#lastAt + GATHERING_MS - performance.now()
    if (waitMs <= 0 || this.#pieces.length > 0 || this.#between.length > 0) this.#drainSoon()
    else this.#timer = setTimeout(() => this.#drainSoon(), waitMs)
  }

  #drainSoon(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    setImmediate(() => this.#drain())
  }

  #drain(): void {
    for (const task of this.#between.splice(0)) task()
    const piece = this.#take()
    if (piece === null) {
      this.#busy = false
      return
    }
    this.#rotate(piece.size)
    this.#lastAt = performance.now()
    this.#writeOut(this.#fd, piece, 0)
  }

  #writeOut(fd: number, piece: Piece, start: number): void {
    write(fd, piece.octets, start, piece.size - start, null, (error, written) => {
      if (error !== null && error.code === 'EAGAIN') {
        setTimeout(() => this.#writeOut(fd, piece, start), RETRY_MS)
        return
      }
      if (error !== null) this.#fail(error)
      else if (start + written < piece.size) return this.#writeOut(fd, piece, start + written)
      else this.#recover()
      if (piece.octets.length === PIECE) this.#spare = piece.octets
      if (this.#isEmpty) this.#drain()
      else this.#schedule()
    })
  }

  #writeNow({ octets, size }: Piece): boolean {
    for (let done = 0, tries = 0; done < size; ) {
      try {
        done += writeSync(this.#fd, octets, done, size - done)
      } catch (error) {
        if (codeOf(error) !== 'EAGAIN' || ++tries > 50) {
          this.#fail(error)
          return false
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
      }
    }
    return true
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

  get #isEmpty(): boolean {
    return this.#pieces.length === 0 && this.#end === 0
  }

  /** What was gathered becomes a piece. */
  #split(): void {
    if (this.#end === 0) return
    this.#pieces.push({ octets: this.octets, size: this.#end, characters: this.#characters })
    this.octets = this.#spare ?? Buffer.allocUnsafeSlow(PIECE)
    this.#spare = null
    this.#end = 0
    this.#characters = 0
  }

  /** The oldest piece; null: nothing waits. */
  #take(): Piece | null {
    if (this.#pieces.length === 0) this.#split()
    const piece = this.#pieces.shift() ?? null
    if (piece !== null) this.#waiting -= piece.characters
    return piece
  }

  #drop(): void {
    this.#pieces = []
    this.#waiting = 0
    this.#end = 0
    this.#characters = 0
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
