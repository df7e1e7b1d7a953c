import { createHash, randomUUID } from 'node:crypto'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '../../../../src/contracts/ports.ts'
import { HeldLocks } from './held-locks.ts'
import { LOCK_TTL_MS, type StorageLock } from './storage.ts'

const WAIT_MS = 50

interface Held {
  readonly file: string
  readonly id: string
}

/**
 * Locks among processes by files that only one of them can make. Who holds one touches it; one that nobody has touched
 * for a while is taken over. Times are those of the file system, whatever the clocks of the machines say.
 */
export class LockFiles {
  readonly #folder: string
  readonly #clock: Clock
  readonly #held: HeldLocks<Held>

  constructor(folder: string, clock: Clock) {
    this.#folder = folder
    this.#clock = clock
    this.#held = new HeldLocks(clock, (locks) => Promise.all([...locks].map(touch)))
  }

  /** Null: another one has it. */
  async take(name: string): Promise<StorageLock | null> {
    const file = path.join(this.#folder, createHash('sha256').update(name).digest('hex'))
    const id = randomUUID()
    if (!(await this.#make(file, id))) {
      if (!(await this.#takeOver(file, id))) return null
    }
    const held: Held = { file, id }
    this.#held.add(held)
    return { release: () => this.#release(held) }
  }

  /** Null: another one has had it all the time. */
  async wait(name: string, limitMs: number): Promise<StorageLock | null> {
    for (const end = this.#clock.now() + limitMs; ; ) {
      const lock = await this.take(name)
      if (lock !== null || this.#clock.now() >= end) return lock
      await new Promise<void>((resolve) => this.#clock.after(WAIT_MS, resolve))
    }
  }

  close(): void {
    this.#held.close()
  }

  async #make(file: string, id: string): Promise<boolean> {
    try {
      await writeFile(file, id, { flag: 'wx', mode: 0o600 })
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  }

  async #isAbandoned(file: string): Promise<boolean> {
    const touched = await stat(file).catch(() => null)
    if (touched === null) return true
    const probe = `${file}.${randomUUID()}`
    await writeFile(probe, '', { mode: 0o600 })
    const { mtimeMs: now } = await stat(probe)
    await rm(probe, { force: true })
    return now - touched.mtimeMs > LOCK_TTL_MS
  }

  /** One at a time: who looks while another takes it over must not take away what that one has made. */
  async #takeOver(file: string, id: string): Promise<boolean> {
    if (!(await this.#isAbandoned(file))) return false
    const turn = `${file}.turn`
    if (!(await this.#make(turn, id))) {
      // Who had the turn is gone as well: the next one to look may have it.
      if (await this.#isAbandoned(turn)) await rm(turn, { force: true })
      return false
    }
    try {
      if (!(await this.#isAbandoned(file))) return false
      await rm(file, { force: true })
      return await this.#make(file, id)
    } finally {
      await rm(turn, { force: true })
    }
  }

  async #release(held: Held): Promise<void> {
    this.#held.delete(held)
    // It may have been taken over.
    const id = await readFile(held.file, 'utf8').catch(() => null)
    if (id === held.id) await rm(held.file, { force: true })
  }
}

/** By writing: the time is to be that of the file system. */
async function touch({ file, id }: Held): Promise<void> {
  if ((await readFile(file, 'utf8')) === id) await writeFile(file, id, { flag: 'r+' })
}
