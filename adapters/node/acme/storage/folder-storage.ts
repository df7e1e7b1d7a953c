import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock, Logger } from '../../../../src/contracts/ports.ts'
import { FileStorage } from './file-storage.ts'
import { LockFiles } from './lock-files.ts'
import { type CertificateStorage, CHALLENGE_TTL_MS, type SharedChallenges, type StorageLock } from './storage.ts'
import type { ResolverData } from './stored-data.ts'

/** How long another may take to write. */
const WRITE_LIMIT_MS = 20_000

/**
 * A folder that several proxies share: `acme.json` in it, locks in `locks`, answers to challenges in `challenges`. Only its
 * owner may read what is in it.
 */
export class FolderStorage implements CertificateStorage {
  readonly where: string
  readonly challenges: SharedChallenges
  readonly #file: FileStorage
  readonly #locks: LockFiles
  #made: Promise<void> | null = null

  constructor(folder: string, clock: Clock, log: Logger) {
    this.where = folder
    this.#file = new FileStorage(path.join(folder, 'acme.json'), clock, log)
    this.#locks = new LockFiles(path.join(folder, 'locks'), clock)
    this.challenges = new ChallengeFiles(path.join(folder, 'challenges'), () => this.#make(), clock)
  }

  async read(resolver: string): Promise<ResolverData> {
    await this.#make()
    return this.#file.read(resolver)
  }

  /** Reading and writing belong together, also where others write. */
  async update(resolver: string, change: (data: ResolverData) => ResolverData): Promise<ResolverData> {
    await this.#make()
    const lock = await this.#locks.wait('write', WRITE_LIMIT_MS)
    if (lock === null) throw new Error(`${this.where}: another process does not stop writing`)
    try {
      return await this.#file.update(resolver, change)
    } finally {
      await lock.release()
    }
  }

  watch(changed: () => void): () => void {
    return this.#file.watch(changed)
  }

  async lock(name: string): Promise<StorageLock | null> {
    await this.#make()
    return this.#locks.take(name)
  }

  async close(): Promise<void> {
    this.#locks.close()
    await this.#file.close()
  }

  #make(): Promise<void> {
    this.#made ??= this.#makeFolders().catch((error: unknown) => {
      this.#made = null
      throw error
    })
    return this.#made
  }

  async #makeFolders(): Promise<void> {
    for (const folder of ['locks', 'challenges']) {
      await mkdir(path.join(this.where, folder), { recursive: true, mode: 0o700 })
      await chmod(path.join(this.where, folder), 0o700)
    }
  }
}

class ChallengeFiles implements SharedChallenges {
  readonly #folder: string
  readonly #ready: () => Promise<void>
  readonly #clock: Clock

  constructor(folder: string, ready: () => Promise<void>, clock: Clock) {
    this.#folder = folder
    this.#ready = ready
    this.#clock = clock
  }

  async put(key: string, answer: string): Promise<void> {
    await this.#ready()
    await this.#dropOld()
    const file = this.#fileOf(key)
    // Nobody is to read half of it.
    await writeFile(`${file}.new`, answer, { mode: 0o600 })
    await rename(`${file}.new`, file)
  }

  get(key: string): Promise<string | null> {
    return readFile(this.#fileOf(key), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
  }

  async remove(key: string): Promise<void> {
    await rm(this.#fileOf(key), { force: true })
  }

  /** What others have left behind. */
  async #dropOld(): Promise<void> {
    const now = this.#clock.date().getTime()
    for (const name of await readdir(this.#folder)) {
      const file = path.join(this.#folder, name)
      const info = await stat(file).catch(() => null)
      if (info !== null && now - info.mtimeMs > CHALLENGE_TTL_MS) await rm(file, { force: true })
    }
  }

  /** Keys hold what clients sent: no path is made of them. */
  #fileOf(key: string): string {
    return path.join(this.#folder, createHash('sha256').update(key).digest('hex'))
  }
}
