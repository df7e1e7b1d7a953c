import { TooCostly } from '../../http/effort.ts'
import type { Handler } from '../../http/handler.ts'
import type { MaybePromise } from '../../http/maybe-promise.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'

/**
 * Hands a request on, and says how it was answered with the head of the answer: where waiting for its end costs.
 * @param done the status, and the answer or null: others make one of a bug that was thrown
 */
export function atHead(
  next: Handler,
  request: ProxyRequest,
  cx: RequestContext,
  done: (status: number, answer: ProxyResponse | null) => void,
): MaybePromise<ProxyResponse> {
  const answered = (answer: ProxyResponse): ProxyResponse => {
    done(answer.status, answer)
    return answer
  }
  const failed = (error: unknown): never => {
    done(error instanceof TooCostly ? 400 : 500, null)
    throw error
  }
  try {
    const answer = next(request, cx)
    return answer instanceof Promise ? answer.then(answered, failed) : answered(answer)
  } catch (error) {
    return failed(error)
  }
}
