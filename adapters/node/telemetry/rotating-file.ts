import { createReadStream, createWriteStream, renameSync, statSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

const DAY_MS = 86_400_000
const MEGABYTE = 1024 * 1024

/** Limits of a log file and of its old parts; 0 means 100 MB, and no limit for the others. */
export interface RotationOptions {
  readonly maxSizeMegabytes: number
  readonly maxAgeDays: number
  readonly maxBackups: number
}

/**
 * Keeps a log file small: a full one is renamed to `name-2026-11-25T13-00-00.000.log`, compressed, and removed when it
 * is too old or one too many (as lumberjack, which Traefik uses for the application log).
 */
export class RotatingFile {
  readonly #path: string
  readonly #options: RotationOptions
  readonly #now: () => Date
  readonly #report: (message: string) => void
  #size = 0
  #cleaning: Promise<void> = Promise.resolve()

  constructor(path: string, options: RotationOptions, now: () => Date, report: (message: string) => void) {
    this.#path = path
    this.#options = options
    this.#now = now
    this.#report = report
    this.measure()
  }

  /** Takes the size from the file that has the name now. */
  measure(): void {
    this.#size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0
  }

  /** Whether so many more bytes ask for a new file first; otherwise they count as written. */
  isFull(bytes: number): boolean {
    const limit = (this.#options.maxSizeMegabytes || 100) * MEGABYTE
    if (this.#size > 0 && this.#size + bytes > limit) {
      this.#size = bytes
      return true
    }
    this.#size += bytes
    return false
  }

  /** Moves the file away; old ones are taken care of in the background. */
  rotate(): void {
    const stamp = this.#now().toISOString().replaceAll(':', '-').replace('Z', '')
    renameSync(this.#path, this.#prefix + stamp + extname(this.#path))
    this.#cleaning = this.#cleaning
      .then(() => this.#clean())
      .catch((error: unknown) => {
        this.#report(
          `Unable to clean up behind ${this.#path}: ${error instanceof Error ? error.message : String(error)}`,
        )
      })
  }

  /** Resolves when nothing goes on in the background. */
  settled(): Promise<void> {
    return this.#cleaning
  }

  get #prefix(): string {
    return `${this.#path.slice(0, this.#path.length - extname(this.#path).length)}-`
  }

  async #clean(): Promise<void> {
    const { maxAgeDays, maxBackups } = this.#options
    const backups = await this.#backups()
    const oldest = maxAgeDays > 0 ? this.#now().getTime() - maxAgeDays * DAY_MS : Number.NEGATIVE_INFINITY
    for (const [index, { path, time }] of backups.entries()) {
      if ((maxBackups > 0 && index >= maxBackups) || time < oldest) await rm(path, { force: true })
      else if (!path.endsWith('.gz')) await compress(path)
    }
  }

  /** Newest first. */
  async #backups(): Promise<{ path: string; time: number }[]> {
    const folder = dirname(this.#path)
    const prefix = basename(this.#prefix)
    const extension = extname(this.#path)
    const backups: { path: string; time: number }[] = []
    for (const name of await readdir(folder)) {
      if (!name.startsWith(prefix)) continue
      const stamp = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d{3})/.exec(name.slice(prefix.length))
      if (stamp === null) continue
      const rest = name.slice(prefix.length + stamp[0].length)
      if (rest !== extension && rest !== `${extension}.gz`) continue
      backups.push({ path: join(folder, name), time: Date.parse(`${stamp[1]}${stamp[2]}:${stamp[3]}:${stamp[4]}Z`) })
    }
    return backups.sort((a, b) => b.time - a.time)
  }
}

async function compress(path: string): Promise<void> {
  const { mode } = await stat(path)
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz`, { mode }))
  await rm(path)
}
