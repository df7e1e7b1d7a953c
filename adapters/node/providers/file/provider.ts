import path from 'node:path'
import type { Derived } from '../../../../src/compiler/discovery/derived.ts'
import type { DynamicConfig } from '../../../../src/compiler/dynamic/dynamic.ts'
import { isEmptyConfiguration } from '../../../../src/compiler/merge/empty.ts'
import { mergeFiles } from '../../../../src/compiler/merge/files.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'
import type { Provider, ProviderSink } from '../provider.ts'
import type { CreateProvider, ProviderContext, ProviderOptions } from '../registry.ts'
import { digestOfNamedFiles } from './named-files.ts'
import { type FileReading, readFileHere, readFileNow } from './read.ts'
import { formatOf, listFiles, placeOf, readTextFile, watchedPaths } from './source.ts'
import { PathWatch } from './watch.ts'

interface FileProviderOptions {
  /** A file, or a folder of them. */
  readonly place: string
  readonly isFolder: boolean
  readonly watch: boolean
  /** What templates give is logged. */
  readonly showsTemplates: boolean
}

type FileContext = Pick<ProviderContext, 'readElsewhere' | 'log'>

export const createFileProvider: CreateProvider<ProviderOptions<'file'>> = (name, options, context) =>
  new FileProvider(
    name,
    {
      place: placeOf(options),
      isFolder: Boolean(options.directory),
      watch: options.watch,
      showsTemplates: options.debugLogGeneratedTemplate ?? false,
    },
    context,
  )

/** Text up to this many characters is read at once. */
const SHORT = 16 * 1024

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

/** One file or a folder of files of dynamic configuration; a broken file keeps its last good content. */
export class FileProvider implements Provider {
  readonly name: string
  readonly #options: FileProviderOptions
  readonly #files = new Map<string, FileState>()
  readonly #context: FileContext
  /** Files of the first look that wait for names to be resolved: nothing is told before. */
  #awaited = 0
  #sink: ProviderSink | null = null
  /** What was said of files that are gone, until it has been told. */
  #gone: ConfigProblem[] = []
  #recheck: NodeJS.Timeout | null = null
  #started = false
  /** What is wrong has changed since it was last told. */
  #noted = false
  /** So has what is in force. */
  #changed = false

  /** @param context `readElsewhere` is for long files and templates, once the first look is over */
  constructor(name: string, options: FileProviderOptions, context: FileContext) {
    this.name = name
    this.#options = options
    this.#context = context
  }

  /** Reads and emits before it waits for anything, then watches. */
  run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    const { place } = this.#options
    this.#sink = sink
    this.reload()
    sink.connected(place)
    this.#started = true
    const watch = this.#options.watch
      ? new PathWatch(
          () => watchedPaths(place),
          () => this.reload(),
        )
      : null
    return new Promise((resolve) => {
      const end = () => {
        this.#sink = null
        watch?.close()
        if (this.#recheck !== null) clearTimeout(this.#recheck)
        resolve()
      }
      if (signal.aborted) end()
      else signal.addEventListener('abort', end, { once: true })
    })
  }

  /** Reads everything again; also what SIGHUP does. */
  reload(): void {
    const { place, isFolder } = this.#options
    const present = isFolder ? listFiles(place) : [place]
    let changed = false
    for (const file of present) changed = this.#read(file) || changed
    if (isFolder) changed = this.#dropMissing(new Set(present)) || changed
    this.#tell(changed)
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
      if (!this.#options.isFolder) this.#note(state, [problemOf(file, error)])
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
      return this.#take(file, state, unreadable(file, reason))
    }
    const { readElsewhere } = this.#context
    const templates = this.#options.showsTemplates ? 'shown' : 'rendered'
    // A short template may take long.
    if (this.#started && readElsewhere !== null && (text.length > SHORT || text.includes('{{'))) {
      this.#takeLater(file, state, text, readElsewhere(text, format, file, templates))
      return false
    }
    const reading = readFileNow(text, format, file, templates)
    if (reading !== null) return this.#take(file, state, reading)
    this.#takeLater(file, state, text, (readElsewhere ?? readFileHere)(text, format, file, templates))
    return false
  }

  /** What was read elsewhere counts while the file is still there with the same text. */
  #takeLater(file: string, state: FileState, text: string, reading: Promise<FileReading>): void {
    const isAwaited = !this.#started
    if (isAwaited) this.#awaited++
    const take = (read: FileReading): void => {
      if (isAwaited) this.#awaited--
      const isCurrent = state.text === text && this.#files.get(file) === state
      this.#tell(isCurrent && this.#take(file, state, read))
    }
    reading.then(take, (reason: unknown) => take(unreadable(file, reason)))
  }

  #take(file: string, state: FileState, { value, problems, rendered }: FileReading): boolean {
    if (rendered !== null) {
      this.#context.log.log('debug', `Template content: ${state.text}`, { provider: this.name })
      this.#context.log.log('debug', `Rendering results: ${rendered}`, { provider: this.name })
    }
    if (value !== null && isEmptyConfiguration(value)) {
      this.#note(state, [...problems, emptyProblem(file)])
      return false
    }
    this.#note(state, problems)
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

  #note(state: FileState, problems: readonly ConfigProblem[]): void {
    if (JSON.stringify(problems) === JSON.stringify(state.problems)) return
    state.problems = problems
    this.#noted = true
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
      this.#gone.push(goneProblem(file))
      this.#noted = true
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

  #tell(changed: boolean): void {
    this.#changed ||= changed
    if (this.#awaited > 0 || (!this.#changed && !this.#noted)) return
    this.#changed = false
    this.#noted = false
    this.#sink?.emit(() => this.#derive())
  }

  #derive(): Derived {
    const files = [...this.#files]
      .filter(([, state]) => state.configuration !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, state]) => ({ name, config: state.configuration! }))
    const { config, problems } = mergeFiles(files)
    const gone = this.#gone
    this.#gone = []
    return {
      // A folder without files has been emptied on purpose: sections that are there and empty clear what was in force.
      config: files.length === 0 ? { http: {} } : config,
      problems: [...[...this.#files.values()].flatMap((state) => state.problems), ...problems, ...gone],
    }
  }
}

const unreadable = (file: string, reason: unknown): FileReading => ({
  value: null,
  problems: [problemOf(file, reason)],
  rendered: null,
})

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

const goneProblem = (file: string): ConfigProblem => ({
  ...problemOf(file, new Error(`${file} is gone: its elements are taken out`)),
  severity: 'warning',
  position: null,
})
