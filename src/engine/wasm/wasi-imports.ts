import type { GuestMemory } from './guest-memory.ts'

/** What a guest gets of the world by WASI preview 1. */
export interface WasiHost {
  readonly memory: GuestMemory
  /** `NAME=VALUE`, in UTF-8. */
  readonly environment: readonly Uint8Array[]
  /** Milliseconds: of the wall clock, and of one that never goes back. */
  readonly clock: { date(): number; now(): number }
  /** Fills it. */
  random(bytes: Uint8Array<ArrayBuffer>): void
  /** Lines of standard output and of standard error. */
  print(stream: 'output' | 'error', line: string): void
}

/** A guest ended itself. Nothing can be asked of it any more. */
export class GuestExit extends Error {
  readonly code: number

  constructor(code: number) {
    super(`module closed with exit_code(${code})`)
    this.name = 'GuestExit'
    this.code = code
  }
}

export type WasiFunction = (...args: never[]) => number | undefined

const SUCCESS = 0
const BADF = 8
const INVAL = 28
const NOSYS = 52
const SPIPE = 70

const REALTIME = 0
const CHARACTER_DEVICE = 2
/** Of a terminal: what there is to write to and to read from. */
const STREAM_RIGHTS = 0x48n

/** Characters of a line that are told; more are another line. */
const MOST_PRINTED = 4096

/**
 * The functions of `wasi_snapshot_preview1` that need no files: arguments (none), environment, clocks, randomness,
 * standard streams, an end. A name that is not here is answered `ENOSYS`.
 */
export function wasiImports(host: WasiHost): Record<string, WasiFunction> {
  const u32 = (at: number, value: number) => host.memory.view.setUint32(at >>> 0, value, true)
  const u64 = (at: number, value: bigint) => host.memory.view.setBigUint64(at >>> 0, value, true)
  const nanoseconds = (clock: number): bigint =>
    BigInt(Math.round((clock === REALTIME ? host.clock.date() : host.clock.now()) * 1e3)) * 1000n
  const printed = {
    1: new Lines((line) => host.print('output', line)),
    2: new Lines((line) => host.print('error', line)),
  }
  const isStream = (fd: number): boolean => fd >= 0 && fd <= 2

  return {
    args_sizes_get(count: number, size: number) {
      u32(count, 0)
      u32(size, 0)
      return SUCCESS
    },
    args_get: () => SUCCESS,
    environ_sizes_get(count: number, size: number) {
      u32(count, host.environment.length)
      u32(
        size,
        host.environment.reduce((sum, entry) => sum + entry.byteLength + 1, 0),
      )
      return SUCCESS
    },
    environ_get(list: number, buffer: number) {
      let at = buffer >>> 0
      host.environment.forEach((entry, index) => {
        u32((list >>> 0) + 4 * index, at)
        const part = host.memory.part(at, entry.byteLength + 1, 'the environment')
        part.set(entry)
        part[entry.byteLength] = 0
        at += part.byteLength
      })
      return SUCCESS
    },
    clock_res_get(_clock: number, at: number) {
      u64(at, 1000n)
      return SUCCESS
    },
    clock_time_get(clock: number, _precision: bigint, at: number) {
      if (clock < 0 || clock > 3) return INVAL
      u64(at, nanoseconds(clock))
      return SUCCESS
    },
    random_get(at: number, length: number) {
      // A part of memory at a time: there is a limit to what is asked for at once.
      const bytes = new Uint8Array(Math.min(length >>> 0, RANDOM_PIECE))
      for (let from = 0; from < length >>> 0; from += bytes.byteLength) {
        const part = host.memory.part((at >>> 0) + from, Math.min(bytes.byteLength, (length >>> 0) - from), 'a buffer')
        host.random(bytes)
        part.set(bytes.subarray(0, part.byteLength))
      }
      return SUCCESS
    },
    sched_yield: () => SUCCESS,
    // Nobody waits here: a sleep is over at once, and streams are always ready.
    poll_oneoff(subscriptions: number, events: number, count: number, stored: number) {
      const { view } = host.memory
      for (let i = 0; i < count; i++) {
        const from = (subscriptions >>> 0) + 48 * i
        const to = (events >>> 0) + 32 * i
        view.setBigUint64(to, view.getBigUint64(from, true), true)
        view.setUint16(to + 8, SUCCESS, true)
        view.setUint8(to + 10, view.getUint8(from + 8))
        view.setBigUint64(to + 16, 0n, true)
        view.setUint16(to + 24, 0, true)
      }
      u32(stored, count)
      return count === 0 ? INVAL : SUCCESS
    },
    proc_exit(code: number): never {
      throw new GuestExit(code)
    },
    fd_write(fd: number, vectors: number, count: number, written: number) {
      if (fd !== 1 && fd !== 2) return BADF
      let length = 0
      for (let i = 0; i < count; i++) {
        const { view } = host.memory
        const at = (vectors >>> 0) + 8 * i
        const size = view.getUint32(at + 4, true)
        printed[fd].add(host.memory.utf8(view.getUint32(at, true), size, 'standard output'))
        length += size
      }
      u32(written, length)
      return SUCCESS
    },
    fd_read(fd: number, _vectors: number, _count: number, read: number) {
      if (fd !== 0) return BADF
      u32(read, 0)
      return SUCCESS
    },
    fd_close: (fd: number) => (isStream(fd) ? SUCCESS : BADF),
    fd_seek: (fd: number) => (isStream(fd) ? SPIPE : BADF),
    fd_fdstat_get(fd: number, at: number) {
      if (!isStream(fd)) return BADF
      const { view } = host.memory
      const to = at >>> 0
      view.setUint8(to, CHARACTER_DEVICE)
      view.setUint16(to + 2, 0, true)
      view.setBigUint64(to + 8, STREAM_RIGHTS, true)
      view.setBigUint64(to + 16, 0n, true)
      return SUCCESS
    },
    fd_fdstat_set_flags: (fd: number) => (isStream(fd) ? SUCCESS : BADF),
    fd_filestat_get(fd: number, at: number) {
      if (!isStream(fd)) return BADF
      host.memory.part(at, 64, 'a buffer').fill(0)
      host.memory.view.setUint8((at >>> 0) + 16, CHARACTER_DEVICE)
      return SUCCESS
    },
    // No folder is open.
    fd_prestat_get: () => BADF,
    fd_prestat_dir_name: () => BADF,
  }
}

/** What a call asks for at most, by the platforms' own limit. */
const RANDOM_PIECE = 65536

/** Names of preview 1 that a guest may import and nothing here answers. */
const UNANSWERED: readonly string[] = [
  'fd_advise',
  'fd_allocate',
  'fd_datasync',
  'fd_fdstat_set_rights',
  'fd_filestat_set_size',
  'fd_filestat_set_times',
  'fd_pread',
  'fd_pwrite',
  'fd_readdir',
  'fd_renumber',
  'fd_sync',
  'fd_tell',
  'path_create_directory',
  'path_filestat_get',
  'path_filestat_set_times',
  'path_link',
  'path_open',
  'path_readlink',
  'path_remove_directory',
  'path_rename',
  'path_symlink',
  'path_unlink_file',
  'proc_raise',
  'sock_accept',
  'sock_recv',
  'sock_send',
  'sock_shutdown',
]

/** `ENOSYS`, for each of the other names of preview 1. */
export const unansweredWasi: Readonly<Record<string, WasiFunction>> = Object.fromEntries(
  UNANSWERED.map((name) => [name, () => NOSYS]),
)

/** Text in lines. What has no end of its own waits for it, up to a limit. */
class Lines {
  readonly #print: (line: string) => void
  #rest = ''

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  add(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) if (line !== '') this.#print(line.slice(0, MOST_PRINTED))
    if (this.#rest.length < MOST_PRINTED) return
    this.#print(this.#rest.slice(0, MOST_PRINTED))
    this.#rest = ''
  }
}
