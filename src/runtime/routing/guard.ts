import type { Ports } from '../../contracts/ports.ts'
import type { Handler } from '../../http/handler.ts'
import type { MaybePromise } from '../../http/maybe-promise.ts'
import { errorReply } from '../../http/replies.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'

/** What a bug throws becomes a 500 and a log line; the process lives. */
export function guard(next: Handler, ports: Ports): Handler {
  const fail = (error: unknown, cx: RequestContext): ProxyResponse => {
    const stack = error instanceof Error ? error.stack : String(error)
    ports.log.log('error', 'Recovered from a failed handler', {
      entryPoint: cx.entryPoint,
      router: cx.record.router,
      stack,
    })
    return errorReply(500)
  }
  return (request, cx) => {
    let answer: MaybePromise<ProxyResponse>
    try {
      answer = next(request, cx)
    } catch (error) {
      return fail(error, cx)
    }
    return answer instanceof Promise ? answer.catch((error: unknown) => fail(error, cx)) : answer
  }
}
