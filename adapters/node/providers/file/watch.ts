import { type FSWatcher, statSync, watch } from 'node:fs'
import { stat } from 'node:fs/promises'

/** Events within so long count as one: editors and `cp` write in several steps. */
const SETTLE_MS = 5
/** A look at everything where no event may come; a longer list is looked at less often, so that it stays cheap. */
const LOOK_MS = 1_000
/** Only so many paths have a watcher of their own: the system's watches are few, and the look sees the others. */
const MAX_WATCHERS = 1_024
/** File systems stamp by the second or two: what changes again within that may keep size and time. */
const COARSE_MS = 2_000

interface Watched {
  readonly watcher: FSWatcher
  /** Of what the path led to when the watcher was made: a watcher holds on to that, wherever it is moved. */
  readonly identity: string
}

/**
 * Tells of any change of what paths lead to, whatever way it came: writing, renaming, another name of the same file
 * (bind mounts, hard links), links that are switched anywhere on the way, folders that are swapped. The system's events
 * say it at once; a look at size, time and identity finds what makes none (network file systems, links on the way).
 *
 * It tells too often rather than too seldom: whoever is called compares. The paths are asked for anew each time.
 */
export class PathWatch {
  readonly #paths: () => readonly string[]
  readonly #changed: () => void
  readonly #watchers = new Map<string, Watched>()
  /** What the last look saw. A path that is new to it counts as changed, so nothing is missed before the first look. */
  #seen: ReadonlyMap<string, string> = new Map()
  #wanted: readonly string[] = []
  #settling: NodeJS.Timeout | null = null
  #looking: NodeJS.Timeout | null = null
  #closed = false

  /** @param paths folders and files, folders first */
  constructor(paths: () => readonly string[], changed: () => void) {
    this.#paths = paths
    this.#changed = changed
    this.#arm()
    void this.#look()
  }

  close(): void {
    this.#closed = true
    if (this.#settling !== null) clearTimeout(this.#settling)
    if (this.#looking !== null) clearTimeout(this.#looking)
    for (const { watcher } of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  #arm(): void {
    this.#wanted = this.#paths()
    const armed = new Set(this.#wanted.slice(0, MAX_WATCHERS))
    for (const path of this.#watchers.keys()) if (!armed.has(path)) this.#drop(path)
    for (const path of armed) this.#watch(path)
  }

  #watch(path: string): void {
    try {
      const { dev, ino } = statSync(path)
      const identity = `${dev} ${ino}`
      if (this.#watchers.get(path)?.identity === identity) return
      this.#drop(path)
      const watcher = watch(path, { persistent: false }, () => this.#settle())
      watcher.on('error', () => this.#drop(path))
      this.#watchers.set(path, { watcher, identity })
    } catch {
      // It does not exist at the moment, or the system has no watches left: the next look sees it and tries again.
      this.#drop(path)
    }
  }

  #drop(path: string): void {
    this.#watchers.get(path)?.watcher.close()
    this.#watchers.delete(path)
  }

  #settle(): void {
    if (this.#closed || this.#settling !== null) return
    this.#settling = setTimeout(() => {
      this.#settling = null
      this.#tell()
    }, SETTLE_MS)
  }

  #tell(): void {
    this.#changed()
    // Afterwards: what was read may lead to further paths.
    if (!this.#closed) this.#arm()
  }

  /** One path after the other: a file server that hangs takes a single thread of the pool, and nobody waits for it. */
  async #look(): Promise<void> {
    const seen = new Map<string, string>()
    let differs = this.#seen.size !== this.#wanted.length
    for (const path of this.#wanted) {
      const now = await fingerprint(path)
      seen.set(path, now)
      differs ||= now !== this.#seen.get(path)
    }
    if (this.#closed) return
    this.#seen = seen
    if (differs) this.#tell()
    this.#looking = setTimeout(() => void this.#look(), Math.max(LOOK_MS, this.#wanted.length))
    this.#looking.unref()
  }
}

/** Changes with what a path leads to, and once more when its time has become old enough to be told from a later one. */
async function fingerprint(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path)
    const isFresh = Date.now() - Math.max(mtimeMs, ctimeMs) < COARSE_MS
    return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs} ${isFresh}`
  } catch {
    return 'gone'
  }
}
