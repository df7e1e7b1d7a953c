import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import type { TreeFormat } from '../../../../src/compiler/decode/tree.ts'

const FORMATS: Readonly<Record<string, TreeFormat>> = {
  '.yml': 'yaml',
  '.yaml': 'yaml',
  '.json': 'json',
  '.toml': 'toml',
}

/** The format that a file name tells, or null. */
export const formatOf = (file: string): TreeFormat | null => FORMATS[path.extname(file).toLowerCase()] ?? null

/** Where the options of the file provider say that its files are; empty: nowhere. A folder wins over a file, as in Traefik. */
export const placeOf = (
  options: { readonly directory?: string | undefined; readonly filename?: string | undefined } | undefined,
): string => options?.directory || options?.filename || ''

/** A file larger than this is refused: the whole of it has to be held several times. */
const MAX_FILE_BYTES = 64 * 1024 * 1024

/**
 * Text of a file that the configuration consists of or names; throws with the system's words. What is no regular file
 * is refused: a pipe would stop the process until somebody writes, and `/dev/zero` never ends.
 */
export const readTextFile = (file: string): string => readRegularFile(file).toString('utf8')

/** As `readTextFile`, for files that options name: what is wrong is said as Traefik says it. */
export function readNamedFile(file: string): string {
  try {
    return readTextFile(file)
  } catch (error) {
    const words = error instanceof Error && 'code' in error ? SYSTEM_WORDS[String(error.code)] : undefined
    throw words === undefined ? error : new Error(`open ${file}: ${words}`, { cause: error })
  }
}

/** What a Unix system says of these (`strerror`). */
const SYSTEM_WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ENOTDIR: 'not a directory',
  ENAMETOOLONG: 'file name too long',
}

/** As `readTextFile`, for octets. */
export function readRegularFile(file: string): Buffer {
  const stats = statSync(file)
  if (stats.isDirectory()) throw new Error(`${file} is a directory, not a file`)
  if (!stats.isFile()) throw new Error(`${file} is no regular file`)
  if (stats.size > MAX_FILE_BYTES) {
    throw new Error(`${file}: ${stats.size} bytes are more than a configuration file may have`)
  }
  return readFileSync(file)
}

/**
 * Configuration files of a folder in name order, the contents of a sub-folder at its place; folders that vanish are
 * empty. Links to files count, links to folders do not, as in Traefik: they may lead in circles.
 */
export function listFiles(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const full = path.join(folder, entry.name)
    if (entry.isDirectory()) return listFiles(full)
    if (formatOf(entry.name) === null) return []
    return entry.isFile() || (entry.isSymbolicLink() && leadsToFile(full)) ? [full] : []
  })
}

/** The files that a name stands for: those of a folder, or the one of that name, whether it is there or not. */
export const filesOf = (place: string): string[] => (isFolder(place) ? listFiles(place) : [place])

function isFolder(place: string): boolean {
  try {
    return statSync(place).isDirectory()
  } catch {
    // It is not there, or nobody can get at it: whoever reads it says so.
    return false
  }
}

/**
 * What must be watched to see every change of a file, or of a folder of files: folders first. A file is watched beside
 * its folder, as an event comes to the folder only for changes by that name, and to the file only while it is the same
 * one.
 */
export function watchedPaths(place: string): string[] {
  if (isFolder(place)) return [...listFolders(place), ...listFiles(place)]
  const file = path.resolve(place)
  const folders = new Set([path.dirname(file)])
  try {
    folders.add(path.dirname(realpathSync(file)))
  } catch {
    // Not there at the moment; its folder is watched.
  }
  return [...folders, file]
}

/** The folder and its sub-folders, those that exist. */
function listFolders(folder: string): string[] {
  const below = entriesOf(folder)
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => listFolders(path.join(folder, entry.name)))
  return [folder, ...below]
}

function leadsToFile(link: string): boolean {
  try {
    return statSync(link).isFile()
  } catch {
    // It leads nowhere, or in a circle.
    return false
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    // Kubernetes keeps the data of mounted maps in `..data` and links each key to it: the links are the files.
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith('..'))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    // It is not there (any more), or not for us: the watch tells when it comes back.
    return []
  }
}
