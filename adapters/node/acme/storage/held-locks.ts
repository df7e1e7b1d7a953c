import type { Clock } from '../../../../src/contracts/ports.ts'
import { LOCK_TTL_MS } from './storage.ts'

/**
 * The locks that this process holds in a storage. Every third of a lock's life, as long as there are any, all of them are
 * touched, so that nobody takes them for abandoned.
 */
export class HeldLocks<Lock> {
  readonly #clock: Clock
  readonly #touch: (locks: ReadonlySet<Lock>) => Promise<unknown>
  readonly #locks = new Set<Lock>()
  #callOff: (() => void) | null = null

  constructor(clock: Clock, touch: (locks: ReadonlySet<Lock>) => Promise<unknown>) {
    this.#clock = clock
    this.#touch = touch
  }

  add(lock: Lock): void {
    this.#locks.add(lock)
    this.#wait()
  }

  delete(lock: Lock): void {
    this.#locks.delete(lock)
    if (this.#locks.size === 0) this.#stop()
  }

  /** Nobody touches them any more. */
  close(): void {
    this.#locks.clear()
    this.#stop()
  }

  #wait(): void {
    this.#callOff ??= this.#clock.after(LOCK_TTL_MS / 3, () => void this.#keep())
  }

  async #keep(): Promise<void> {
    this.#callOff = null
    try {
      await this.#touch(this.#locks)
    } catch {
      // A touch that fails is made up for by the next one; who loses a lock does no harm by going on.
    }
    if (this.#locks.size > 0) this.#wait()
  }

  #stop(): void {
    this.#callOff?.()
    this.#callOff = null
  }
}
