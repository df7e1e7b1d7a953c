import type { KeyValue } from '../../../../src/compiler/discovery/kv.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'

/** A key-value store, and the root in it below which the configuration stands. */
export interface KvStore {
  /**
   * Connects, and has the listener told of every change from the first read on.
   * @param signal aborted: nobody wants the connection any more
   * @throws `ProviderRefused` where the store does not want us
   */
  connect(listener: KvListener, signal: AbortSignal): Promise<KvConnection>
}

export interface KvListener {
  /** Something at or below the root may have changed. */
  changed(): void
  /** The store does not answer any more. */
  lost(reason: Error): void
}

export interface KvConnection {
  /** What answers, for messages. */
  readonly peer: string
  /** Whether a read shows the store as it was at one moment. */
  readonly readsAtOnce: boolean
  /**
   * Reads all that stands below the root, now. Rejects where the answer is not whole.
   * @throws `TooMuchConfiguration`
   */
  read(): Promise<KvReading>
  /** Closes the connection; neither the listener nor a reader hears of it. */
  close(): void
}

export interface KvReading {
  /** With the root; in any order. */
  readonly pairs: readonly KeyValue[]
  /** What was left out, and what keeps us from seeing changes. An error keeps the configuration from being taken. */
  readonly problems: readonly ConfigProblem[]
}
