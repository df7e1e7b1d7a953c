import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { TreeFormat } from '../../../../src/config/decode/tree.ts'

const FORMATS: Readonly<Record<string, TreeFormat>> = {
  '.yml': 'yaml',
  '.yaml': 'yaml',
  '.json': 'json',
  '.toml': 'toml',
}

/** The format that a file name tells, or null. */
export const formatOf = (file: string): TreeFormat | null => FORMATS[path.extname(file).toLowerCase()] ?? null

/** A configuration file larger than this is refused: the whole of it has to be held several times. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024

/** Text of a configuration file; throws with the system's words. */
export function readConfigurationFile(file: string): string {
  const { size } = statSync(file)
  if (size > MAX_FILE_BYTES) throw new Error(`${file}: ${size} bytes are more than a configuration file may have`)
  return readFileSync(file, 'utf8')
}

/** Configuration files of a folder in name order, the contents of a sub-folder at its place; folders that vanish are empty. */
export function listFiles(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const full = path.join(folder, entry)
    const stats = statSync(full, { throwIfNoEntry: false })
    if (stats?.isDirectory()) return listFiles(full)
    return stats?.isFile() && formatOf(entry) !== null ? [full] : []
  })
}

/** The folder and its sub-folders, those that exist. */
export function listFolders(folder: string): string[] {
  const below = entriesOf(folder)
    .map((entry) => path.join(folder, entry))
    .filter((full) => statSync(full, { throwIfNoEntry: false })?.isDirectory())
    .flatMap(listFolders)
  return [folder, ...below]
}

function entriesOf(folder: string): string[] {
  try {
    // Kubernetes keeps the data of mounted maps in `..data` and links each key to it: the links are the files.
    return readdirSync(folder)
      .filter((entry) => !entry.startsWith('..'))
      .sort()
  } catch {
    // It is not there (any more): the watch tells when it comes back.
    return []
  }
}
