import { lstatSync, readFileSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { decode } from '../../../src/compiler/decode/decode.ts'
import { type DynamicConfig, dynamicSchema } from '../../../src/compiler/dynamic/dynamic.ts'
import type { Clock, Logger } from '../../../src/contracts/ports.ts'

/** What a provider said last, before this process. */
export interface CachedConfiguration {
  readonly config: DynamicConfig
  readonly savedAt: Date
}

const VERSION = 1
/** Changes that come together are written together. */
const SETTLE_MS = 1_000
const MAX_BYTES = 256 * 1024 * 1024

interface CacheEntry {
  readonly savedAt: string
  readonly config: unknown
}

interface CacheFile {
  readonly version: number
  readonly providers: Readonly<Record<string, CacheEntry>>
}

/**
 * The last good configuration of each provider in a file that only its owner can read (it may hold secrets), so that a
 * start while a source is away serves what it said before. It is replaced as a whole or not at all.
 */
export class ConfigurationCache {
  readonly #path: string
  readonly #clock: Clock
  readonly #log: Logger
  readonly #known = new Map<string, CacheEntry>()
  #callOff: (() => void) | null = null
  #writing: Promise<void> = Promise.resolve()

  /** Reads the file; one that is not there, or not as it should be, holds nothing, and the log says so. */
  constructor(path: string, clock: Clock, log: Logger) {
    this.#path = path
    this.#clock = clock
    this.#log = log
    try {
      for (const [name, entry] of Object.entries(readCache(path))) this.#known.set(name, entry)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      log.log(
        'warn',
        `The cache of configurations is not used: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }

  get(provider: string): CachedConfiguration | null {
    const entry = this.#known.get(provider)
    if (entry === undefined) return null
    const { value } = decode(dynamicSchema, entry.config, 'file')
    const savedAt = new Date(entry.savedAt)
    return value === null || Number.isNaN(savedAt.getTime()) ? null : { config: value, savedAt }
  }

  /** Forgets providers that are no longer configured: what they said may hold secrets. */
  keepOnly(providers: ReadonlySet<string>): void {
    for (const name of this.#known.keys()) if (!providers.has(name)) this.#known.delete(name)
  }

  set(provider: string, config: DynamicConfig): void {
    const { disabled: _, ...kept } = config
    this.#known.set(provider, { savedAt: this.#clock.date().toISOString(), config: kept })
    this.#callOff ??= this.#clock.after(SETTLE_MS, () => this.#write())
  }

  /** Resolves when what is known is in the file. */
  async close(): Promise<void> {
    if (this.#callOff !== null) {
      this.#callOff()
      this.#write()
    }
    await this.#writing
  }

  #write(): void {
    this.#callOff = null
    this.#writing = this.#writing
      .then(() => this.#replace())
      .catch((error: unknown) => {
        this.#log.log(
          'error',
          `The cache of configurations can't be written: ${error instanceof Error ? error.message : String(error)}`,
        )
      })
  }

  async #replace(): Promise<void> {
    const content: CacheFile = { version: VERSION, providers: Object.fromEntries(this.#known) }
    const fresh = `${this.#path}.${process.pid}.new`
    // A file of that name that somebody else put there is not written into.
    await rm(fresh, { force: true })
    const file = await open(fresh, 'wx', 0o600)
    try {
      await file.writeFile(JSON.stringify(content))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(fresh, this.#path)
  }
}

function readCache(path: string): CacheFile['providers'] {
  const stats = lstatSync(path)
  if (!stats.isFile()) throw new Error(`${path} is no regular file`)
  if ((stats.mode & 0o077) !== 0) throw new Error(`${path} may be read by others: make it 0600`)
  if (stats.size > MAX_BYTES) throw new Error(`${path} is too large`)
  let content: Partial<CacheFile> | null
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    // The parser's words repeat a piece of the content.
    throw new Error(`${path} is not whole`, { cause })
  }
  if (content?.version !== VERSION || typeof content.providers !== 'object') {
    throw new Error(`${path} is of another version`)
  }
  const providers: Record<string, CacheEntry> = Object.create(null)
  for (const [name, entry] of Object.entries(content.providers ?? {})) {
    if (typeof entry?.savedAt === 'string') providers[name] = entry
  }
  return providers
}
