import { type ActiveSpan, RequestContext } from '../../http/request-context.ts'

/**
 * The exchange of a mirrored request: the client's as far as a server can tell, but nobody waits for it and no
 * log has it.
 */
export class MirrorContext extends RequestContext {
  readonly #original: RequestContext

  /** @param span where in its trace the exchange was when the copy was made */
  constructor(original: RequestContext, now: number, span: ActiveSpan | null) {
    super(original.entryPoint, original.client, now)
    this.#original = original
    this.handling.omitForwardedFor = original.handling.omitForwardedFor
    this.record.logged = false
    this.record.metered = original.record.metered
    this.record.requestClass = original.record.requestClass
    this.record.traceId = original.record.traceId
    this.record.span = span
  }

  /** Copies are of one message: they share what it may cost. */
  override get stepsLeft(): number {
    return this.#original.stepsLeft
  }

  override set stepsLeft(steps: number) {
    this.#original.stepsLeft = steps
  }

  override waitUntil(task: Promise<unknown>): void {
    this.#original.waitUntil(task)
  }
}
