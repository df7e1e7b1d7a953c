import path from 'node:path'
import type { Decoded } from '../../../../src/compiler/decode/decode.ts'
import type { TreeFormat } from '../../../../src/compiler/decode/tree.ts'
import type { DynamicConfig } from '../../../../src/compiler/dynamic/dynamic.ts'
import { readDynamicFile } from '../../../../src/compiler/dynamic/read.ts'
import { isEmptyConfiguration } from '../../../../src/compiler/merge/empty.ts'
import { mergeFiles } from '../../../../src/compiler/merge/files.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'
import { digestOfNamedFiles } from './named-files.ts'
import { formatOf, listFiles, readTextFile, watchedPaths } from './source.ts'
import { PathWatch } from './watch.ts'

export interface FileProviderOptions {
  /** One of the two is set. */
  readonly filename: string
  readonly directory: string
  readonly watch: boolean
}

/** Reads text elsewhere, while the process goes on. */
export type ReadElsewhere = (text: string, format: TreeFormat, file: string) => Promise<Decoded<DynamicConfig>>

/** Text up to this many characters is read at once. */
const SHORT = 16 * 1024

export interface FileProviderEvents {
  /** The whole configuration of the provider, whenever it may have changed. */
  emit(configuration: DynamicConfig): void
  /** What is wrong with a file, when that changes; an empty list: it has been mended. */
  report(file: string, problems: readonly ConfigProblem[]): void
  /** A file of the directory is gone for good. */
  removed(file: string): void
}

/** Editors take a file away and put the new one there: only after so long it is gone. */
const GONE_AFTER_MS = 500

const OUT_OF_DESCRIPTORS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE'])

interface FileState {
  /** As last read; null before that. */
  text: string | null
  /** The last good one stays in force. */
  configuration: DynamicConfig | null
  /** Of the certificate files it names. */
  digest: string
  problems: readonly ConfigProblem[]
  /** When it was first missed; null while it is there. */
  missingSince: number | null
}

/** One file or a folder of files of dynamic configuration; a broken file keeps its last good content (safety 15). */
export class FileProvider {
  readonly #options: FileProviderOptions
  readonly #events: FileProviderEvents
  readonly #files = new Map<string, FileState>()
  readonly #readElsewhere: ReadElsewhere | null
  #watch: PathWatch | null = null
  #recheck: NodeJS.Timeout | null = null
  #started = false
  #stopped = false

  /** @param readElsewhere for long files, once `start` is over; null: everything is read at once */
  constructor(options: FileProviderOptions, events: FileProviderEvents, readElsewhere: ReadElsewhere | null = null) {
    this.#readElsewhere = readElsewhere
    this.#options = options
    this.#events = events
  }

  /** Reads and emits before it returns, then watches. */
  start(): void {
    this.reload()
    this.#started = true
    if (this.#options.watch)
      this.#watch = new PathWatch(
        () => watchedPaths(this.#options.filename || this.#options.directory),
        () => this.reload(),
      )
  }

  stop(): void {
    this.#stopped = true
    this.#watch?.close()
    if (this.#recheck !== null) clearTimeout(this.#recheck)
  }

  /** Reads everything again; also what SIGHUP does. */
  reload(): void {
    const { filename, directory } = this.#options
    const present = filename !== '' ? [filename] : listFiles(directory)
    let changed = false
    for (const file of present) changed = this.#read(file) || changed
    if (filename === '') changed = this.#dropMissing(new Set(present)) || changed
    if (changed) this.#emit()
  }

  /** Whether the file's configuration in force changed. */
  #read(file: string): boolean {
    let state = this.#files.get(file)
    if (state === undefined) {
      state = { text: null, configuration: null, digest: '', problems: [], missingSince: null }
      this.#files.set(file, state)
    }
    let text: string
    try {
      text = readTextFile(file)
    } catch (error) {
      // A single file that disappears keeps its last good content; one of a folder may be gone for good.
      if (this.#options.filename !== '') this.#note(file, state, [problemOf(file, error)])
      // Out of descriptors: what changed must not be missed because nothing tells of it a second time.
      if (OUT_OF_DESCRIPTORS.has((error as NodeJS.ErrnoException).code ?? '')) this.#readAgainLater()
      return false
    }
    state.missingSince = null
    if (text === state.text) return this.#namedFilesChanged(state)
    state.text = text
    const format = formatOf(file)
    if (format === null) {
      const reason = new Error(`unsupported file extension: ${path.extname(file)}`)
      return this.#take(file, state, { value: null, problems: [problemOf(file, reason)] })
    }
    if (this.#started && this.#readElsewhere !== null && text.length > SHORT) {
      this.#takeLater(file, state, text, this.#readElsewhere(text, format, file))
      return false
    }
    return this.#take(file, state, readDynamicFile(text, format, file))
  }

  /** What was read elsewhere counts while the file is still there with the same text. */
  #takeLater(file: string, state: FileState, text: string, reading: Promise<Decoded<DynamicConfig>>): void {
    const take = (read: Decoded<DynamicConfig>): void => {
      if (this.#stopped || state.text !== text || this.#files.get(file) !== state) return
      if (this.#take(file, state, read)) this.#emit()
    }
    reading.then(take, (reason: unknown) => take({ value: null, problems: [problemOf(file, reason)] }))
  }

  #take(file: string, state: FileState, { value, problems }: Decoded<DynamicConfig>): boolean {
    if (value !== null && isEmptyConfiguration(value)) {
      this.#note(file, state, [...problems, emptyProblem(file)])
      return false
    }
    this.#note(file, state, problems)
    if (value === null) return false
    state.configuration = value
    this.#namedFilesChanged(state)
    return true
  }

  /** A certificate that was renewed counts with the next event, as in Traefik. */
  #namedFilesChanged(state: FileState): boolean {
    const digest = state.configuration === null ? '' : digestOfNamedFiles(state.configuration)
    if (digest === state.digest) return false
    state.digest = digest
    return true
  }

  #note(file: string, state: FileState, problems: readonly ConfigProblem[]): void {
    if (JSON.stringify(problems) === JSON.stringify(state.problems)) return
    state.problems = problems
    this.#events.report(file, problems)
  }

  #dropMissing(present: ReadonlySet<string>): boolean {
    const now = Date.now()
    let dropped = false
    let waiting = false
    for (const [file, state] of this.#files) {
      if (present.has(file)) continue
      state.missingSince ??= now
      if (now - state.missingSince < GONE_AFTER_MS) {
        waiting = true
        continue
      }
      this.#files.delete(file)
      this.#events.removed(file)
      dropped = dropped || state.configuration !== null
    }
    if (waiting) this.#readAgainLater()
    return dropped
  }

  #readAgainLater(): void {
    this.#recheck ??= setTimeout(() => {
      this.#recheck = null
      this.reload()
    }, GONE_AFTER_MS)
  }

  #emit(): void {
    const files = [...this.#files]
      .filter(([, state]) => state.configuration !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, state]) => ({ name, config: state.configuration! }))
    const { config, problems } = mergeFiles(files)
    if (this.#options.filename === '') this.#events.report(this.#options.directory, problems)
    // A folder without files has been emptied on purpose: sections that are there and empty clear what was in force.
    this.#events.emit(files.length === 0 ? { http: {} } : config)
  }
}

const problemOf = (file: string, error: unknown): ConfigProblem => ({
  severity: 'error',
  message: error instanceof Error ? error.message : String(error),
  hint: null,
  provider: 'file',
  path: [],
  position: { file, line: 1, column: 1 },
})

const emptyProblem = (file: string): ConfigProblem => ({
  ...problemOf(file, new Error('the file holds no configuration; the last good one stays in force')),
  hint: 'to remove everything on purpose, write an empty section: `http: {}`',
})
