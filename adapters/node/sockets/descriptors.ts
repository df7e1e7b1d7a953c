import { readFileSync } from 'node:fs'
import type { Logger } from '../../../src/contracts/ports.ts'
import { timers } from './timer-wheel.ts'

/** Where the system does not say how many files a process may have open; Node raises its limit at least to that. */
const UNKNOWN_LIMIT = 10_240

/** Clients that come and go make no more lines than one in so long. */
const SILENCE_MS = 60_000

export type DescriptorUse = 'connection' | 'session'

/**
 * Descriptors that clients may take: half of those that the process has, as most connections need another one to a
 * server. Of these, UDP sessions, whose clients may be forged, get half at most and connections three quarters, so that
 * neither keeps the other from being served. Who comes last is refused.
 */
export class Descriptors {
  readonly #limit: number
  readonly #most: Readonly<Record<DescriptorUse, number>>
  readonly #used: Record<DescriptorUse, number> = { connection: 0, session: 0 }
  readonly #log: Logger
  #told = false
  #silentUntil = 0

  constructor(log: Logger, available: number = openFilesLimit()) {
    this.#log = log
    const limit = Math.max(2, Math.floor(available / 2))
    this.#limit = limit
    this.#most = { connection: Math.ceil(limit * 0.75), session: Math.ceil(limit / 2) }
  }

  /** False: there is none left for such a use. */
  take(use: DescriptorUse): boolean {
    const used = this.#used
    if (used.connection + used.session < this.#limit && used[use] < this.#most[use]) {
      used[use]++
      return true
    }
    const now = timers.now()
    if (!this.#told && now >= this.#silentUntil) {
      this.#silentUntil = now + SILENCE_MS
      this.#told = true
      const message =
        'Clients hold half of the open files that the process may have: new ones are refused until others leave'
      this.#log.log('error', message, { connections: used.connection, udpSessions: used.session, limit: this.#limit })
    }
    return false
  }

  give(use: DescriptorUse): void {
    const used = this.#used
    used[use]--
    if (this.#told && used[use] < this.#most[use] * 0.9 && used.connection + used.session < this.#limit * 0.9) {
      this.#told = false
    }
  }
}

/** The soft limit for open files of this process (`RLIMIT_NOFILE`). */
function openFilesLimit(): number {
  let limits: string
  try {
    limits = readFileSync('/proc/self/limits', 'latin1')
  } catch {
    // Not Linux.
    return UNKNOWN_LIMIT
  }
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? UNKNOWN_LIMIT)
}
