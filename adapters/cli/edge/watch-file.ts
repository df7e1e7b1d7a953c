import { type FSWatcher, type Stats, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'

/** Editors and tools write in several steps: this long nothing must have happened. */
const SETTLE_MS = 10

/** A look without a notice from the system: notices get lost on some file systems. */
const POLL_MS = 500

/** Calls back after every change of a file, also when it is replaced by a rename. Returns how to stop. */
export function watchFile(file: string, changed: () => void): () => void {
  const name = path.basename(file)
  let seen = ''
  let timer: NodeJS.Timeout | null = null
  const look = async () => {
    const now = fingerprint(await stat(file).catch(() => null))
    if (now === seen) return
    const isFirst = seen === ''
    seen = now
    // A file that is gone for a moment is about to be replaced.
    if (!isFirst && now !== 'gone') changed()
  }
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = null
      void look()
    }, SETTLE_MS)
  }
  const watcher: FSWatcher = watch(path.dirname(file), (_event, changedName) => {
    if (changedName === null || changedName === name) soon()
  })
  watcher.on('error', soon)
  const poll = setInterval(() => void look(), POLL_MS)
  void look()
  return () => {
    watcher.close()
    clearInterval(poll)
    if (timer !== null) clearTimeout(timer)
  }
}

const fingerprint = (stats: Stats | null): string =>
  stats === null ? 'gone' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`
