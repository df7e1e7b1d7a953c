import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Of a plugin that comes from a catalogue. */
export interface CataloguePlugin {
  readonly moduleName: string
  readonly version: string
  /** SHA-256 of the archive in hexadecimal; null: the catalogue is asked whether it is good. */
  readonly hash: string | null
}

const CATALOGUE = 'https://plugins.traefik.io/public/'
const HASH_FIELD = 'X-Plugin-Hash'
const TIMEOUT_MS = 10_000
const TRIES = 3
/** Bytes of an archive, and of what is told of an answer that refuses one. */
const MOST_ARCHIVE = 64 * 1024 * 1024
const MOST_TOLD = 200

/** Archives of plugins in a folder, as Traefik has them: `archives/MODULE/VERSION.zip` and `archives/state.json`. */
export class Catalogue {
  readonly #url: string
  readonly #archives: string

  /**
   * @param folder where `plugins-storage` is
   * @param url of the catalogue; empty: Traefik's
   */
  constructor(folder: string, url: string) {
    this.#url = (url === '' ? CATALOGUE : url).replace(/\/*$/, '/')
    this.#archives = path.join(folder, 'plugins-storage/archives')
  }

  /**
   * The archive of a plugin: what is in the folder, where its hash or the catalogue says that it is still that.
   * @throws Error with why it can't be had
   */
  async archive({ moduleName, version, hash }: CataloguePlugin): Promise<Buffer> {
    const file = this.#fileOf(moduleName, version)
    const kept = await readIfThere(file)
    if (kept !== null && hash !== null && hashOf(kept) === hash) return kept
    const archive = await this.#download(moduleName, version, kept)
    const found = hashOf(archive)
    if (hash !== null) {
      if (hash === found) return this.#keep(file, archive, kept)
      throw new Error(`invalid hash for plugin ${moduleName}, expected ${hash}, got ${found}`)
    }
    const response = await this.#ask('validate', moduleName, version, found)
    await response.body?.cancel()
    if (response.status === 200) return this.#keep(file, archive, kept)
    await rm(file, { force: true })
    throw new Error(`unable to check archive integrity of the plugin ${moduleName}: plugin integrity check failed`)
  }

  /** Writes down that this version is in use, and takes away the archive of the one before. */
  async settle({ moduleName, version }: Omit<CataloguePlugin, 'hash'>): Promise<void> {
    const file = path.join(this.#archives, 'state.json')
    const state = stateOf((await readIfThere(file))?.toString() ?? '{}')
    const before = state[moduleName]
    if (before === version) return
    if (before !== undefined && isVersion(before)) await rm(this.#fileOf(moduleName, before), { force: true })
    state[moduleName] = version
    await mkdir(this.#archives, { recursive: true })
    await writeFile(file, JSON.stringify(state, null, 2), { mode: 0o600 })
  }

  #fileOf(module: string, version: string): string {
    return path.join(this.#archives, module, `${version}.zip`)
  }

  async #keep(file: string, archive: Buffer, kept: Buffer | null): Promise<Buffer> {
    if (archive === kept) return archive
    await mkdir(path.dirname(file), { recursive: true })
    const fresh = `${file}.${process.pid}.new`
    await writeFile(fresh, archive)
    await rename(fresh, file)
    return archive
  }

  async #download(module: string, version: string, kept: Buffer | null): Promise<Buffer> {
    const response = await this.#ask('download', module, version, kept === null ? null : hashOf(kept))
    if (response.status === 304 && kept !== null) {
      await response.body?.cancel()
      return kept
    }
    const content = await contentOf(response)
    if (response.status === 200) return content
    const told = content.toString('utf8', 0, MOST_TOLD).replace(/\s+/g, ' ').trim()
    throw new Error(`unable to download plugin ${module}: error: ${response.status}: ${told}`)
  }

  async #ask(what: 'download' | 'validate', module: string, version: string, hash: string | null): Promise<Response> {
    const url = `${this.#url}${what}/${module}/${version}`
    for (let tries = 1; ; tries++) {
      try {
        const response = await fetch(url, {
          headers: hash === null ? {} : { [HASH_FIELD]: hash },
          signal: AbortSignal.timeout(TIMEOUT_MS),
        })
        if (response.status < 500 || tries === TRIES) return response
        await response.body?.cancel()
      } catch (error) {
        if (tries < TRIES) continue
        const { message, cause } = error as Error
        const why = cause instanceof Error ? cause.message : message
        throw new Error(`unable to download plugin ${module}: failed to call service: ${why}`)
      }
    }
  }
}

/** What paths of archives are made of: Go's names of modules, none of which leads elsewhere. */
export const isModule = (name: string): boolean =>
  /^[\w.~-]+(?:\/[\w.~-]+)*$/.test(name) && name.split('/').every((part) => !/^\.+$/.test(part))

export const isVersion = (version: string): boolean => /^[\w+~-][\w.+~-]*$/.test(version)

async function contentOf(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > MOST_ARCHIVE) throw new Error(`the archive is larger than ${MOST_ARCHIVE} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const hashOf = (archive: Buffer): string => createHash('sha256').update(archive).digest('hex')

function stateOf(text: string): Record<string, string> {
  try {
    const state = JSON.parse(text) as unknown
    const entries = Object.entries((state ?? {}) as object).filter(([, version]) => typeof version === 'string')
    return Object.assign(Object.create(null), Object.fromEntries(entries))
  } catch {
    // Whoever has broken it off: what it would have said is only which archives nobody needs any more.
    return {}
  }
}

async function readIfThere(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
