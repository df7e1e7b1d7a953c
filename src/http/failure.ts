/** What went wrong with a server. `aborted`: we called it off. */
export type FailureKind = 'connect' | 'timeout' | 'reset' | 'tls' | 'protocol' | 'aborted'

/** How far an attempt got; decides whether a retry is allowed. `unknown`: the platform does not tell. */
export type FailureProgress = 'unsent' | 'unknown' | 'head-sent' | 'body-sent' | 'responding'

/**
 * Why a server gave no usable answer. A value, not an exception: transports return it and never reject.
 */
export class UpstreamFailure {
  readonly kind: FailureKind
  readonly progress: FailureProgress
  readonly cause: unknown

  constructor(kind: FailureKind, progress: FailureProgress, cause: unknown) {
    this.kind = kind
    this.progress = progress
    this.cause = cause
  }
}
