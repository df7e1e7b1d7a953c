import { RequestContext } from '../../http/request-context.ts'

/** The exchange of a health check: nobody waits for it and nothing is recorded. */
export class CheckContext extends RequestContext {
  constructor(now: number) {
    super('', { address: '', port: 0, tls: null }, now)
  }

  override waitUntil(): void {}
}
