import { type FSWatcher, watch } from 'node:fs'

/** Events within so long count as one: editors and `cp` write in several steps. */
const SETTLE_MS = 5
/** A folder that can't be watched (any more) is tried again. */
const RETRY_MS = 1_000

/**
 * Watches folders for any change in them, also across renames and when a folder goes and comes back.
 * The folders are asked for anew after each change, so sub-folders that appear are watched too.
 */
export class FolderWatch {
  readonly #folders: () => readonly string[]
  readonly #changed: () => void
  readonly #watchers = new Map<string, FSWatcher>()
  #settling: NodeJS.Timeout | null = null
  #retry: NodeJS.Timeout | null = null
  #closed = false

  constructor(folders: () => readonly string[], changed: () => void) {
    this.#folders = folders
    this.#changed = changed
    this.#arm()
  }

  close(): void {
    this.#closed = true
    if (this.#settling !== null) clearTimeout(this.#settling)
    if (this.#retry !== null) clearTimeout(this.#retry)
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  #arm(): void {
    const wanted = new Set(this.#folders())
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue
      watcher.close()
      this.#watchers.delete(folder)
    }
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#watch(folder)
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#settle())
      watcher.on('error', () => this.#lose(folder))
      this.#watchers.set(folder, watcher)
    } catch {
      // It does not exist at the moment, or the system has no watches left.
      this.#lose(folder)
    }
  }

  #lose(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
    if (this.#closed || this.#retry !== null) return
    this.#retry = setTimeout(() => {
      this.#retry = null
      this.#arm()
      this.#changed()
    }, RETRY_MS)
    this.#retry.unref()
  }

  #settle(): void {
    if (this.#closed || this.#settling !== null) return
    this.#settling = setTimeout(() => {
      this.#settling = null
      this.#arm()
      this.#changed()
    }, SETTLE_MS)
  }
}
