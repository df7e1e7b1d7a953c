import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../../src/contracts/ports.ts'
import { HeldLocks } from './held-locks.ts'
import type { Entries, SecretEntries } from './secret-entries.ts'
import { CHALLENGE_TTL_MS, LOCK_TTL_MS, type SharedChallenges, type StorageLock } from './storage.ts'
import { entryName } from './stored-data.ts'

/** What nobody has touched for so long is in the way of nobody, and is taken out. */
const GARBAGE_MS = 10 * 60 * 1000

interface Held {
  readonly entry: string
  readonly id: string
}

const LOCK = 'lock'
const CHALLENGE = 'challenge'

/**
 * Locks among processes, and answers to challenges, in a Secret. Who holds a lock changes its entry again and again; one
 * that has not changed for a while, by the clock of whoever waits, may be taken over.
 */
export class SecretLocks implements SharedChallenges {
  readonly #entries: Pick<SecretEntries, 'read' | 'change'>
  readonly #clock: Clock
  /** Since when entries are as they are. */
  readonly #seen = new Map<string, { readonly value: string; readonly since: number }>()
  readonly #held: HeldLocks<Held>

  constructor(entries: Pick<SecretEntries, 'read' | 'change'>, clock: Clock) {
    this.#entries = entries
    this.#clock = clock
    this.#held = new HeldLocks(clock, (locks) => this.#touch(locks))
  }

  /** Null: another one has it. */
  async take(name: string): Promise<StorageLock | null> {
    const entry = entryName(LOCK, name)
    const id = randomUUID()
    let isTaken = false
    await this.#change((entries) => {
      const other = entries.get(entry)
      isTaken = other === undefined || this.#ageOf(entry, other) > LOCK_TTL_MS
      if (isTaken) entries.set(entry, touched(id))
    })
    if (!isTaken) return null
    const held: Held = { entry, id }
    this.#held.add(held)
    return { release: () => this.#release(held) }
  }

  async put(key: string, answer: string): Promise<void> {
    await this.#change((entries) => void entries.set(entryName(CHALLENGE, key), encoded({ answer })))
  }

  async get(key: string): Promise<string | null> {
    const value = (await this.#entries.read()).get(entryName(CHALLENGE, key))
    if (value === undefined) return null
    const { answer } = decoded(value)
    return typeof answer === 'string' ? answer : null
  }

  async remove(key: string): Promise<void> {
    await this.#change((entries) => void entries.delete(entryName(CHALLENGE, key)))
  }

  close(): void {
    this.#held.close()
  }

  async #change(task: (entries: Map<string, string>) => void): Promise<void> {
    let written: Entries = new Map()
    await this.#entries.change((entries) => {
      this.#note(entries)
      task(entries)
      this.#dropOld(entries)
      written = entries
    })
    // What came to nothing, as another one was quicker, is not to be taken for what is there.
    this.#note(written)
  }

  #note(entries: Entries): void {
    const now = this.#clock.now()
    for (const [entry, value] of entries) {
      if (this.#seen.get(entry)?.value !== value) this.#seen.set(entry, { value, since: now })
    }
    for (const entry of this.#seen.keys()) if (!entries.has(entry)) this.#seen.delete(entry)
  }

  #ageOf(entry: string, value: string): number {
    const seen = this.#seen.get(entry)
    return seen === undefined || seen.value !== value ? 0 : this.#clock.now() - seen.since
  }

  /** What others have left behind. */
  #dropOld(entries: Map<string, string>): void {
    for (const [entry, value] of entries) {
      const limit = entry.startsWith(`${CHALLENGE}.`) ? CHALLENGE_TTL_MS : GARBAGE_MS
      if (this.#ageOf(entry, value) > limit) entries.delete(entry)
    }
  }

  #touch(locks: ReadonlySet<Held>): Promise<void> {
    return this.#change((entries) => {
      for (const { entry, id } of locks) if (isOf(entries.get(entry), id)) entries.set(entry, touched(id))
    })
  }

  async #release(held: Held): Promise<void> {
    this.#held.delete(held)
    const { entry, id } = held
    // It may have been taken over.
    await this.#change((entries) => {
      if (isOf(entries.get(entry), id)) entries.delete(entry)
    })
  }
}

const touched = (id: string): string => encoded({ id, turn: randomUUID() })

const isOf = (value: string | undefined, id: string): boolean => value !== undefined && decoded(value).id === id

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64')

function decoded(value: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value, 'base64').toString('utf8'))
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch {
    // Somebody else has written it: it belongs to nobody.
    return {}
  }
}
