import os from 'node:os'
import { Worker } from 'node:worker_threads'
import type { PasswordClient, Passwords, VerifiedPasswords } from '../../../src/contracts/ports.ts'
import { parseIp } from '../../../src/http/ip.ts'
import { FairQueue, type Waiting } from './fair-queue.ts'

/** Comparisons that wait, of all clients and of one. */
const MAX_WAITING = 512
const MAX_WAITING_EACH = 64

interface Comparison extends Waiting {
  readonly password: string
  readonly hash: string
  settle(fits: boolean | null): void
}

/**
 * bcrypt on threads, started as passwords come; the data path never computes a hash itself. Clients take turns, and the
 * work of those who leave is dropped.
 */
export class WorkerPasswords implements Passwords {
  readonly verified = new Map<string, VerifiedPasswords>()
  readonly #threads: number
  readonly #idle: Worker[] = []
  readonly #busy = new Map<Worker, Comparison>()
  readonly #queue = new FairQueue<Comparison>(MAX_WAITING, MAX_WAITING_EACH)

  #closed = false

  /** @param threads as many as there are cores, less the one that serves */
  constructor(threads = Math.max(1, os.availableParallelism() - 1)) {
    this.#threads = threads
  }

  bcrypt(password: string, hash: string, client: PasswordClient): Promise<boolean | null> {
    return new Promise((settle) => {
      const job = { password, hash, owner: ownerOf(client.address), settle, refuse: () => settle(null) }
      this.#queue.add(job)
      client.onLeave(() => {
        this.#queue.remove(job)
        settle(null)
      })
      this.#work()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#idle, ...this.#busy.keys()].map((worker) => worker.terminate()))
  }

  #work(): void {
    while (this.#idle.length > 0 || this.#busy.size < this.#threads) {
      const job = this.#queue.take()
      if (job === undefined) return
      if (this.#closed) {
        job.refuse()
        continue
      }
      const worker = this.#idle.pop() ?? this.#start()
      this.#busy.set(worker, job)
      worker.postMessage({ password: job.password, hash: job.hash })
    }
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./bcrypt-worker.${extension}`, import.meta.url))
    worker.unref()
    worker.on('message', (fits: boolean) => {
      const job = this.#busy.get(worker)
      this.#busy.delete(worker)
      this.#idle.push(worker)
      job?.settle(fits)
      this.#work()
    })
    // A thread that ended answers nobody: who waited for it is told so, the next password starts a new one.
    worker.on('error', () => this.#lose(worker))
    worker.on('exit', () => this.#lose(worker))
    return worker
  }

  #lose(worker: Worker): void {
    const at = this.#idle.indexOf(worker)
    if (at !== -1) this.#idle.splice(at, 1)
    const job = this.#busy.get(worker)
    if (!this.#busy.delete(worker)) return
    job?.settle(null)
    this.#work()
  }
}

/** Who has one IPv6 address has the 2^64 beside it. */
function ownerOf(address: string): string {
  const bytes = parseIp(address)
  return bytes !== null && bytes.length === 16 ? bytes.subarray(0, 8).join() : address
}
