import { Worker } from 'node:worker_threads'
import type { Passwords } from '../../../src/contracts/ports.ts'

/** Beyond so many waiting comparisons new ones are refused: attempts must not queue without bound. */
const MAX_WAITING = 512

/** bcrypt on a worker thread, started with the first password; the data path never computes a hash itself. */
export class WorkerPasswords implements Passwords {
  #worker: Worker | null = null
  #nextId = 0
  readonly #waiting = new Map<number, (fits: boolean) => void>()

  bcrypt(password: string, hash: string): boolean | Promise<boolean> {
    if (this.#waiting.size >= MAX_WAITING) return false
    this.#worker ??= this.#start()
    const id = this.#nextId++
    this.#worker.postMessage({ id, password, hash })
    return new Promise((resolve) => this.#waiting.set(id, resolve))
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./bcrypt-worker.${extension}`, import.meta.url))
    worker.unref()
    worker.on('message', ({ id, fits }: { id: number; fits: boolean }) => {
      this.#waiting.get(id)?.(fits)
      this.#waiting.delete(id)
    })
    // A thread that ended answers nobody: those who wait are refused, the next password starts a new one.
    worker.on('error', () => this.#lose())
    worker.on('exit', () => this.#lose())
    return worker
  }

  #lose(): void {
    this.#worker = null
    for (const resolve of this.#waiting.values()) resolve(false)
    this.#waiting.clear()
  }
}
