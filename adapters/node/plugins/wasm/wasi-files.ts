import { WASI } from 'node:wasi'
import type { WasiFunction } from '../../../../src/engine/wasm/wasi-imports.ts'
import type { Mount } from './mounts.ts'

const SUCCESS = 0
const ROFS = 69
/** The first one that is no standard stream. */
const FIRST_FOLDER = 3

/** What opens a file to change it: to create, to truncate it, and the rights to change what is in it or its times. */
const CREATES = 1 | 8
const WRITES = (1n << 6n) | (1n << 8n) | (1n << 22n) | (1n << 23n)

/** What changes a folder, and which of its arguments are folders. */
const CHANGES: Readonly<Record<string, readonly number[]>> = {
  path_create_directory: [0],
  path_filestat_set_times: [0],
  path_link: [0, 4],
  path_remove_directory: [0],
  path_rename: [0, 3],
  path_symlink: [2],
  path_unlink_file: [0],
}

/** Of files and folders, answered by Node. */
const FILE_FUNCTIONS = [
  ...['fd_advise', 'fd_allocate', 'fd_datasync', 'fd_filestat_set_size', 'fd_filestat_set_times'],
  ...['fd_pread', 'fd_pwrite', 'fd_readdir', 'fd_sync', 'fd_tell'],
  ...['fd_prestat_get', 'fd_prestat_dir_name', 'path_filestat_get', 'path_open', 'path_readlink'],
  ...Object.keys(CHANGES),
]

/** Those that standard streams have too, which are not Node's. */
const SHARED_FUNCTIONS = [
  ...['fd_close', 'fd_fdstat_get', 'fd_fdstat_set_flags', 'fd_filestat_get', 'fd_read', 'fd_seek', 'fd_write'],
]

/**
 * Functions of WASI for the folders that guests may use, by Node's own: it keeps paths, links among them, inside. What is
 * mounted read-only stays as it is.
 * @param others what answers for standard streams
 */
export function wasiFiles(
  mounts: readonly Mount[],
  memory: WebAssembly.Memory,
  others: Readonly<Record<string, WasiFunction>>,
): Readonly<Record<string, WasiFunction>> {
  const wasi = new WASI({
    version: 'preview1',
    preopens: Object.fromEntries(mounts.map(({ guest, folder }) => [guest, folder])),
  })
  wasi.finalizeBindings({ exports: { memory } }, { memory })
  const own = wasi.wasiImport as Record<string, WasiFunction>
  const guests = [...new Set(mounts.map(({ guest }) => guest))]
  /** Open folders and files that must stay as they are. */
  const readOnly = new Set(
    guests.flatMap((guest, at) =>
      mounts.findLast((mount) => mount.guest === guest)!.isReadOnly ? [FIRST_FOLDER + at] : [],
    ),
  )
  const call = (name: string, args: readonly unknown[]) => own[name]!(...(args as never[]))
  const functions: Record<string, WasiFunction> = {}
  for (const name of FILE_FUNCTIONS) functions[name] = (...args) => call(name, args)
  for (const name of SHARED_FUNCTIONS) {
    functions[name] = (...args: never[]) => {
      const [fd] = args as unknown as number[]
      if (fd! < FIRST_FOLDER) return others[name]!(...args)
      if (name === 'fd_close') readOnly.delete(fd!)
      return call(name, args)
    }
  }
  for (const [name, folders] of Object.entries(CHANGES)) {
    functions[name] = (...args: never[]) => (folders.some((at) => readOnly.has(args[at]!)) ? ROFS : call(name, args))
  }
  functions.fd_renumber = (...args: never[]) => {
    const [from, to] = args as unknown as [number, number]
    if (from < FIRST_FOLDER || to < FIRST_FOLDER) return others.fd_renumber!(...args)
    const error = call('fd_renumber', args)
    if (error === SUCCESS && from !== to) {
      if (readOnly.delete(from)) readOnly.add(to)
      else readOnly.delete(to)
    }
    return error
  }
  functions.path_open = (...args: never[]) => {
    const [fd, , , , oflags, rights, inherited, , opened] = args as unknown as [
      ...[fd: number, flags: number, path: number, length: number, oflags: number],
      ...[rights: bigint, inherited: bigint, fdflags: number, opened: number],
    ]
    if (!readOnly.has(fd)) return call('path_open', args)
    if ((oflags & CREATES) !== 0) return ROFS
    // Some ask for all rights that there are: they get those that change nothing.
    const kept = [...(args as unknown[])]
    kept[5] = BigInt.asUintN(64, rights) & ~WRITES
    kept[6] = BigInt.asUintN(64, inherited) & ~WRITES
    const error = call('path_open', kept)
    if (error === SUCCESS) readOnly.add(new DataView(memory.buffer).getUint32(opened >>> 0, true))
    return error
  }
  return functions
}
