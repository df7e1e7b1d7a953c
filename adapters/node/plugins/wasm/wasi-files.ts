import { lstatSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { WASI } from 'node:wasi'
import type { WasiFunction } from '../../../../src/engine/wasm/wasi-imports.ts'
import type { Mount } from './mounts.ts'

const SUCCESS = 0
const PERM = 63
const ROFS = 69
const NOTCAPABLE = 76
/** The first one that is no standard stream. */
const FIRST_FOLDER = 3

/** What opens a file to change it: to create, to truncate it, and the rights to change what is in it or its times. */
const CREATES = 1 | 8
const WRITES = (1n << 6n) | (1n << 8n) | (1n << 22n) | (1n << 23n)

/** Where a function has names: a folder, the place of the name below it and its length. */
type NameAt = readonly [folder: number, place: number, length: number]

const READING: Readonly<Record<string, readonly NameAt[]>> = {
  path_filestat_get: [[0, 2, 3]],
  path_open: [[0, 2, 3]],
  path_readlink: [[0, 1, 2]],
}

/** What changes folders. */
const CHANGING: Readonly<Record<string, readonly NameAt[]>> = {
  path_create_directory: [[0, 1, 2]],
  path_filestat_set_times: [[0, 2, 3]],
  path_remove_directory: [[0, 1, 2]],
  path_rename: [
    [0, 1, 2],
    [3, 4, 5],
  ],
  path_unlink_file: [[0, 1, 2]],
}

/** Of open files and folders. */
const OPEN_FILES = [
  ...['fd_advise', 'fd_allocate', 'fd_datasync', 'fd_filestat_set_size', 'fd_filestat_set_times', 'fd_pread'],
  ...['fd_pwrite', 'fd_readdir', 'fd_sync', 'fd_tell', 'fd_prestat_get', 'fd_prestat_dir_name'],
]

/** Those that standard streams have too, which are not Node's. */
const SHARED = [
  ...['fd_close', 'fd_fdstat_get', 'fd_fdstat_set_flags', 'fd_filestat_get', 'fd_read', 'fd_seek', 'fd_write'],
]

/** An open file or folder. */
interface Open {
  readonly path: string
  /** Of its mount: nothing outside of it is opened. */
  readonly root: string
  readonly isReadOnly: boolean
}

/**
 * Functions of WASI for the folders that guests may use, by Node's own. It follows links wherever they lead, so names are
 * looked at here: what is outside of a mount stays there, what is mounted read-only stays as it is, and guests make no links.
 * @param others what answers for standard streams
 */
export function wasiFiles(
  mounts: readonly Mount[],
  memory: WebAssembly.Memory,
  others: Readonly<Record<string, WasiFunction>>,
): Readonly<Record<string, WasiFunction>> {
  const byGuest = new Map(mounts.map((mount) => [mount.guest, mount]))
  const preopens = Object.fromEntries(mounts.map(({ guest, folder }) => [guest, folder]))
  const wasi = new WASI({ version: 'preview1', preopens })
  wasi.finalizeBindings({ exports: { memory } }, { memory })
  const own = wasi.wasiImport as Record<string, WasiFunction>
  const open = new Map<number, Open>()
  Object.keys(preopens).forEach((guest, at) => {
    const { folder, isReadOnly } = byGuest.get(guest)!
    const root = realpathSync(folder)
    open.set(FIRST_FOLDER + at, { path: root, root, isReadOnly })
  })
  const call = (name: string, args: readonly unknown[]) => own[name]!(...(args as never[]))

  const named = (args: readonly number[], [folder, place, length]: NameAt): string | null => {
    const from = open.get(args[folder]!)
    if (from === undefined) return null
    const name = Buffer.from(memory.buffer, args[place]! >>> 0, args[length]! >>> 0).toString()
    return path.resolve(from.path, name)
  }
  /** Why a function may not be called with these names; null: it may. */
  const refused = (args: readonly number[], names: readonly NameAt[], isChange: boolean): number | null => {
    for (const name of names) {
      const file = named(args, name)
      // Node's own says that there is no such folder.
      if (file === null) continue
      const { root, isReadOnly } = open.get(args[name[0]]!)!
      if (!leadsInto(root, file)) return NOTCAPABLE
      if (isChange && isReadOnly) return ROFS
    }
    return null
  }

  const functions: Record<string, WasiFunction> = { path_link: () => PERM, path_symlink: () => PERM }
  for (const name of OPEN_FILES) functions[name] = (...args) => call(name, args)
  for (const name of SHARED) {
    functions[name] = (...args: never[]) => {
      const [fd] = args as unknown as number[]
      if (fd! < FIRST_FOLDER) return others[name]!(...args)
      if (name === 'fd_close') open.delete(fd!)
      return call(name, args)
    }
  }
  for (const [table, isChange] of [
    [READING, false],
    [CHANGING, true],
  ] as const) {
    for (const [name, names] of Object.entries(table)) {
      functions[name] = (...args: never[]) => refused(args, names, isChange) ?? call(name, args)
    }
  }
  functions.fd_renumber = (...args: never[]) => {
    const [from, to] = args as unknown as [number, number]
    if (from < FIRST_FOLDER || to < FIRST_FOLDER) return others.fd_renumber!(...args)
    const error = call('fd_renumber', args)
    const file = open.get(from)
    if (error !== SUCCESS || file === undefined || from === to) return error
    open.delete(from)
    open.set(to, file)
    return error
  }
  functions.path_open = (...args: never[]) => {
    const given = args as unknown as number[]
    const at = READING.path_open![0]!
    const error = refused(given, [at], (given[4]! & CREATES) !== 0)
    if (error !== null) return error
    const file = named(given, at)
    const from = open.get(given[0]!)
    if (file === null || from === undefined) return call('path_open', args)
    // Some ask for all rights that there are: they get those that change nothing.
    const kept: unknown[] = [...given]
    if (from.isReadOnly) for (const right of [5, 6]) kept[right] = BigInt.asUintN(64, BigInt(given[right]!)) & ~WRITES
    const answer = call('path_open', kept)
    if (answer !== SUCCESS) return answer
    const opened = new DataView(memory.buffer).getUint32(given[8]! >>> 0, true)
    open.set(opened, { ...from, path: file })
    return answer
  }
  return functions
}

/** Whether a file is below a folder once all links have been followed, or would be. */
function leadsInto(root: string, file: string): boolean {
  const real = realOf(file) ?? (isLink(file) ? null : realOf(path.dirname(file)))
  // What is not there at all leads nowhere: it is not found.
  if (real === null) return !isLink(file) && isBelow(root, file)
  return isBelow(root, real)
}

const isBelow = (root: string, file: string): boolean =>
  file === root || file.startsWith(root === '/' ? root : `${root}/`)

function realOf(file: string): string | null {
  try {
    return realpathSync(file)
  } catch {
    // Not there, or not to be seen: whoever opens it is told.
    return null
  }
}

/** Also what nobody may look at. */
function isLink(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true
  } catch {
    // Whatever it is: it is not opened.
    return true
  }
}
