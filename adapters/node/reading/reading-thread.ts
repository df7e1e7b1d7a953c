import { Worker } from 'node:worker_threads'
import type { Decoded } from '../../../src/compiler/decode/decode.ts'
import type { TreeFormat } from '../../../src/compiler/decode/tree.ts'
import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import type { FileReading, TemplateUse } from '../providers/file/read.ts'
import { Assembly, type Piece } from './pieces.ts'
import type { Places } from './places.ts'
import type { RestRead } from './rest-read.ts'

export type ReadingTask =
  | {
      readonly kind: 'read'
      readonly text: string
      readonly format: TreeFormat
      readonly file: string
      readonly templates: TemplateUse
    }
  /** The pairs are JSON. */
  | { readonly kind: 'readPairs'; readonly pairs: string; readonly rootKey: string }
  | { readonly kind: 'rest'; readonly text: string }
  | { readonly kind: 'places'; readonly problems: readonly ConfigProblem[]; readonly files: readonly string[] }

export type ReadingResult = Decoded<DynamicConfig> | FileReading | RestRead | Places

export interface ReadingQuestion {
  readonly id: number
  readonly task: ReadingTask
}

/** A piece of a result; the next one comes when the thread is told so. */
export interface ReadingAnswer {
  readonly id: number
  readonly piece: Piece
  readonly isLast: boolean
}

/** What the thread is told when a piece has been taken. */
export const NEXT = 'next'

interface Waiting {
  readonly assembly: Assembly
  readonly resolve: (result: ReadingResult) => void
  readonly reject: (reason: Error) => void
}

/** A thread that has had nothing to do for so long ends, and gives its memory back. */
const IDLE_MS = 10_000

/**
 * Reads large texts of configuration beside the data path, which must not wait for them. The thread starts
 * with the first task; one that fails, or runs out of memory, fails its tasks and nothing else.
 */
export class ReadingThread {
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | null = null
  #nextId = 0
  #idle: NodeJS.Timeout | null = null

  read(text: string, format: TreeFormat, file: string, templates: TemplateUse): Promise<FileReading> {
    return this.#ask({ kind: 'read', text, format, file, templates }) as Promise<FileReading>
  }

  /** @param text as it was put to the REST provider */
  readRest(text: string): Promise<RestRead> {
    return this.#ask({ kind: 'rest', text }) as Promise<RestRead>
  }

  /** @param pairs what `readPairs` takes, as JSON */
  readPairs(pairs: string, rootKey: string): Promise<Decoded<DynamicConfig>> {
    return this.#ask({ kind: 'readPairs', pairs, rootKey }) as Promise<Decoded<DynamicConfig>>
  }

  /**
   * Where problems stand.
   * @param files of the file provider
   */
  place(problems: readonly ConfigProblem[], files: readonly string[]): Promise<Places> {
    return this.#ask({ kind: 'places', problems, files }) as Promise<Places>
  }

  async close(): Promise<void> {
    if (this.#idle !== null) clearTimeout(this.#idle)
    await this.#worker?.terminate()
  }

  #ask(task: ReadingTask): Promise<ReadingResult> {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = null
    this.#worker ??= this.#start()
    const question: ReadingQuestion = { id: this.#nextId++, task }
    this.#worker.postMessage(question)
    return new Promise((resolve, reject) =>
      this.#waiting.set(question.id, { assembly: new Assembly(), resolve, reject }),
    )
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./reading-worker.${extension}`, import.meta.url))
    worker.unref()
    worker.on('message', ({ id, piece, isLast }: ReadingAnswer) => {
      const waiting = this.#waiting.get(id)
      waiting?.assembly.add(piece)
      if (!isLast) {
        // Whoever waits for this thread has a turn before the next piece is read.
        setImmediate(() => worker.postMessage(NEXT))
        return
      }
      waiting?.resolve(waiting.assembly.tree as ReadingResult)
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) this.#rest(worker)
    })
    worker.on('error', (reason) => this.#lose(worker, reason instanceof Error ? reason : new Error(String(reason))))
    worker.on('exit', () => this.#lose(worker, new Error('the reading thread ended')))
    return worker
  }

  #rest(worker: Worker): void {
    this.#idle = setTimeout(() => {
      this.#worker = null
      void worker.terminate()
    }, IDLE_MS)
    this.#idle.unref()
  }

  #lose(worker: Worker, reason: Error): void {
    if (this.#worker !== worker) return
    this.#worker = null
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(reason)
  }
}
