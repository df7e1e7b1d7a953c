import type { Derived } from '../../../src/compiler/discovery/derived.ts'
import type { MaybePromise } from '../../../src/http/maybe-promise.ts'

/** A long-running source of routing configuration. It has no retry, no throttle and no log of its own. */
export interface Provider {
  /** The part of qualified names after `@`. */
  readonly name: string
  /** It may have nothing to say for ever, and nobody waits for its first word. */
  readonly isMute?: boolean
  /** It keeps what it says itself: nothing of it goes into the cache of configurations. */
  readonly keepsItself?: boolean
  /** Settles once it has said what it has at hand: the start waits for that for a moment. */
  readonly firstWord?: Promise<void>
  /** What it could not get though its source answers, and when it is tried again; null: there is nothing. */
  trouble?(): { readonly error: string; readonly nextTryAt: Date } | null
  /**
   * Follows the source until `signal` is aborted, and then resolves. It also ends, or rejects with the reason, when the
   * source is lost: who started it calls it again.
   */
  run(sink: ProviderSink, signal: AbortSignal): Promise<void>
  /**
   * Tells when a source that was lost may be back, so that it need not be waited for; absent: nobody can tell.
   * @returns how to stop
   */
  watchReturn?(back: () => void): () => void
  /** Looks at everything anew, on somebody's command; absent: there is nothing that it would not see by itself. */
  reload?(): void
}

/** Where a provider says what it finds. */
export interface ProviderSink {
  /** The source answers. @param peer what it is called in messages: a path, an address */
  connected(peer: string): void
  /**
   * What was found, or what is wrong with it, may have changed.
   * @param derive called when it is taken, if at all, and never before what it gave the last time is there
   * @param isUrgent it is taken at once, whatever the throttle: a server is about to go
   */
  emit(derive: () => MaybePromise<Derived>, isUrgent?: boolean): void
}

/** The source is there and does not want us: asking again soon changes nothing. */
export class ProviderRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProviderRefused'
  }
}
