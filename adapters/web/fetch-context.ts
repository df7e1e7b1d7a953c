import { RequestContext } from '../../src/http/request-context.ts'

/** What Fetch runtimes hand to a handler beside the request; only `waitUntil` is used. */
export interface ExecutionLike {
  waitUntil?(task: Promise<unknown>): void
}

/** The exchange of one native request. */
export class FetchContext extends RequestContext {
  readonly #execution: ExecutionLike | undefined

  constructor(entryPoint: string, address: string, execution: ExecutionLike | undefined, start: number) {
    super(entryPoint, { address, port: 0, tls: null }, start)
    this.#execution = execution
  }

  override waitUntil(task: Promise<unknown>): void {
    // Only a rejection must not become the runtime's: whoever made the task has dealt with its failure.
    const settled = task.catch(() => undefined)
    this.#execution?.waitUntil?.(settled)
  }
}
