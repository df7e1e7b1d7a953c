import { RequestContext } from '../../../src/http/request-context.ts'

/** An attempt to reach a server, which ends when the client leaves. */
export interface Abortable {
  abort(): void
}

/** The context of an exchange on a socket. */
export class NodeContext extends RequestContext {
  /** The attempt that is under way: the cheap form of `onAbort`, for the one that nearly every exchange has. */
  attempt: Abortable | null = null

  override waitUntil(task: Promise<unknown>): void {
    // A process outlives its exchanges, so there is nothing to hold; only a rejection must not end it.
    task.catch(() => undefined)
  }

  override abort(): void {
    if (this.aborted) return
    super.abort()
    const { attempt } = this
    this.attempt = null
    attempt?.abort()
  }
}
