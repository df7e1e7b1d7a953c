import { filesOf, readTextFile, watchedPaths } from '../../node/providers/file/source.ts'
import { PathWatch } from '../../node/providers/file/watch.ts'

/** Calls back after every change of what a file, or a folder of files, holds. Returns how to stop. */
export function watchFile(place: string, changed: () => void): () => void {
  let seen = contentOf(place)
  const watch = new PathWatch(
    () => watchedPaths(place),
    () => {
      const now = contentOf(place)
      if (now === null || now === seen) return
      seen = now
      changed()
    },
  )
  return () => watch.close()
}

/** Null while it can't be read: a file that is gone for a moment is about to be replaced. */
function contentOf(place: string): string | null {
  try {
    return filesOf(place)
      .map((file) => `${file}\0${readTextFile(file)}\0`)
      .join('')
  } catch {
    return null
  }
}
