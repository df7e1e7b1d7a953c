import { randomUUID } from 'node:crypto'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Clock, Logger } from '../../../../src/contracts/ports.ts'
import type { CertificateStorage, StorageLock } from './storage.ts'
import { NO_DATA, parseStored, type ResolverData, storedPieces } from './stored-data.ts'

/** How often others' changes are looked for. */
const LOOK_MS = 2_000
const MAX_BYTES = 256 * 1024 * 1024

/** `acme.json`: a file that only its owner can read, and that is replaced as a whole or not at all. */
export class FileStorage implements CertificateStorage {
  readonly where: string
  readonly challenges = null
  readonly #clock: Clock
  readonly #log: Logger
  readonly #watchers = new Set<() => void>()
  readonly #locks = new Set<string>()
  #known: { readonly mark: string; readonly data: ReadonlyMap<string, ResolverData> } | null = null
  /** Of reading and writing one takes place after the other. */
  #last: Promise<unknown> = Promise.resolve()
  #callOff: (() => void) | null = null
  #isInPlace = false

  constructor(file: string, clock: Clock, log: Logger) {
    this.where = file
    this.#clock = clock
    this.#log = log
  }

  read(resolver: string): Promise<ResolverData> {
    return this.#inTurn(async () => (await this.#read()).get(resolver) ?? NO_DATA)
  }

  update(resolver: string, change: (data: ResolverData) => ResolverData): Promise<ResolverData> {
    return this.#inTurn(async () => {
      const all = await this.#read()
      const before = all.get(resolver) ?? NO_DATA
      const after = change(before)
      if (after === before) return before
      const next = new Map(all).set(resolver, after)
      this.#known = { mark: await this.#write(storedPieces(next)), data: next }
      return after
    })
  }

  watch(changed: () => void): () => void {
    this.#watchers.add(changed)
    this.#callOff ??= this.#clock.after(LOOK_MS, () => void this.#look())
    return () => {
      this.#watchers.delete(changed)
      if (this.#watchers.size > 0) return
      this.#callOff?.()
      this.#callOff = null
    }
  }

  async lock(name: string): Promise<StorageLock | null> {
    if (this.#locks.has(name)) return null
    this.#locks.add(name)
    return {
      release: async () => {
        this.#locks.delete(name)
      },
    }
  }

  async close(): Promise<void> {
    this.#callOff?.()
    this.#callOff = null
    this.#watchers.clear()
    await this.#last.catch(() => undefined)
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task, task)
    this.#last = turn
    return turn
  }

  /** What others have written since the last time is seen; what is broken is an error, and nothing is written over it. */
  async #read(): Promise<ReadonlyMap<string, ResolverData>> {
    const file = await this.#open()
    try {
      const mark = markOf(await file.stat())
      if (this.#known?.mark === mark) return this.#known.data
      const { size } = await file.stat()
      if (size > MAX_BYTES) throw new Error('it is too long')
      const data = parseStored(await file.readFile('utf8'))
      this.#known = { mark, data }
      return data
    } catch (error) {
      throw new Error(`${this.where}: ${(error as Error).message}`, { cause: error })
    } finally {
      await file.close()
    }
  }

  /** @throws Error where others may read it */
  async #open(): Promise<FileHandle> {
    const file = await openOrMake(this.where)
    const info = await file.stat()
    const open_ = info.mode & 0o777
    if (process.platform !== 'win32' && (open_ & 0o077) !== 0) {
      await file.close()
      throw new Error(`permissions ${open_.toString(8)} for ${this.where} are too open, please use 600`)
    }
    if (info.isFile()) return file
    await file.close()
    throw new Error(`${this.where} is no file`)
  }

  /** @returns the mark of what was written */
  async #write(pieces: readonly Buffer[]): Promise<string> {
    const target = await realpath(this.where).catch(() => this.where)
    if (!this.#isInPlace) {
      const replaced = await replace(target, pieces)
      if (replaced !== null) return replaced
      // A file that is mounted alone into a container, or in a folder that is not ours.
      this.#isInPlace = true
      this.#log.log('warn', 'The storage of certificates can’t be replaced at once, it is written in place', {
        storage: this.where,
      })
    }
    const file = await open(target, 'r+')
    try {
      return await fill(file, pieces, true)
    } finally {
      await file.close()
    }
  }

  async #look(): Promise<void> {
    this.#callOff = null
    try {
      const mark = markOf(await stat(this.where))
      if (mark !== this.#known?.mark) for (const changed of [...this.#watchers]) changed()
    } catch {
      // It is gone: what is known stays in force, and the next change writes it anew.
    }
    if (this.#watchers.size > 0) this.#callOff ??= this.#clock.after(LOOK_MS, () => void this.#look())
  }
}

const markOf = ({ mtimeMs, size, ino }: { mtimeMs: number; size: number; ino: number }): string =>
  `${mtimeMs} ${size} ${ino}`

async function openOrMake(where: string): Promise<FileHandle> {
  try {
    return await open(where, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  try {
    return await open(where, 'wx+', 0o600)
  } catch (error) {
    // Another process was quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return open(where, 'r')
  }
}

/** Null: the folder does not permit it. */
async function replace(target: string, pieces: readonly Buffer[]): Promise<string | null> {
  const fresh = path.join(path.dirname(target), `.${path.basename(target)}.${randomUUID()}`)
  let file: FileHandle
  try {
    file = await open(fresh, 'wx', 0o600)
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(String((error as NodeJS.ErrnoException).code))) return null
    throw error
  }
  try {
    const mark = await fill(file, pieces, false)
    await file.close()
    await rename(fresh, target)
    return mark
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(fresh, { force: true })
    if (['EBUSY', 'EXDEV'].includes(String((error as NodeJS.ErrnoException).code))) return null
    throw error
  }
}

async function fill(file: FileHandle, pieces: readonly Buffer[], inPlace: boolean): Promise<string> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  for (let [at, first] = [0, 0]; first < pieces.length; ) {
    const batch = pieces.slice(first, first + MOST_PIECES)
    const { bytesWritten } = await file.writev(batch as Buffer[], at)
    const wanted = batch.reduce((sum, piece) => sum + piece.length, 0)
    if (bytesWritten !== wanted) throw new Error('no space is left')
    at += wanted
    first += batch.length
  }
  if (inPlace) await file.truncate(length)
  await file.sync()
  return markOf(await file.stat())
}

/** More than this the system does not take at once. */
const MOST_PIECES = 1024
