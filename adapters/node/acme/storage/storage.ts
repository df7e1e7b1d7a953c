import type { ResolverData } from './stored-data.ts'

/** Where accounts and certificates are kept, for all resolvers that name it and maybe for other processes. */
export interface CertificateStorage {
  /** What it is called in messages, without credentials. */
  readonly where: string
  /** @throws Error where it can't be had, or others may read it */
  read(resolver: string): Promise<ResolverData>
  /**
   * Changes what is kept for a resolver, whatever others have written meanwhile.
   * @returns what is kept then
   */
  update(resolver: string, change: (data: ResolverData) => ResolverData): Promise<ResolverData>
  /** Tells that something else has been written into it, by whomever. @returns how to stop */
  watch(changed: () => void): () => void
  /** Takes the sole right to something among all processes; null: another one has it. */
  lock(name: string): Promise<StorageLock | null>
  /** Rejects where a certificate that is not kept yet would not be taken; absent: there is no limit. */
  ensureRoom?(): Promise<void>
  /** Answers to challenges for all processes; null: there is only this one. */
  readonly challenges: SharedChallenges | null
  close(): Promise<void>
}

export interface StorageLock {
  release(): Promise<void>
}

/** Answers to challenges that any of several processes may be asked for. */
export interface SharedChallenges {
  /** @param key as `challengeKey` makes it */
  put(key: string, answer: string): Promise<void>
  get(key: string): Promise<string | null>
  remove(key: string): Promise<void>
}

/** How long an answer lies in a storage, should nobody take it away. */
export const CHALLENGE_TTL_MS = 10 * 60 * 1000

/** Who is gone without a word loses its locks after so long. */
export const LOCK_TTL_MS = 30_000

/** The storage can't be had: it is no fault of a certificate's. Its message names the storage. */
export class StorageUnavailable extends Error {
  constructor(where: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(reason.includes(where) ? reason : `${where}: ${reason}`, { cause })
    this.name = 'StorageUnavailable'
  }
}

/** The same, but all of its errors are `StorageUnavailable`. */
export function guarded(storage: CertificateStorage): CertificateStorage {
  const { where, challenges } = storage
  const tried = async <T>(task: () => Promise<T>): Promise<T> => {
    try {
      return await task()
    } catch (error) {
      throw new StorageUnavailable(where, error)
    }
  }
  return {
    where,
    read: (resolver) => tried(() => storage.read(resolver)),
    update: (resolver, change) => tried(() => storage.update(resolver, change)),
    watch: (changed) => storage.watch(changed),
    async lock(name) {
      const lock = await tried(() => storage.lock(name))
      return lock === null ? null : { release: () => tried(() => lock.release()) }
    },
    ...(storage.ensureRoom === undefined ? {} : { ensureRoom: () => tried(async () => storage.ensureRoom!()) }),
    challenges:
      challenges === null
        ? null
        : {
            put: (key, answer) => tried(() => challenges.put(key, answer)),
            get: (key) => tried(() => challenges.get(key)),
            remove: (key) => tried(() => challenges.remove(key)),
          },
    close: () => storage.close(),
  }
}
