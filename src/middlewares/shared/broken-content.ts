import type { MaybePromise } from '../../http/maybe-promise.ts'
import { ContentBroken } from '../../http/replay.ts'
import type { ProxyResponse } from '../../http/response.ts'

/** The answer, or `otherwise` where reading the content of the request broke off. */
export function unlessBroken(
  answer: MaybePromise<ProxyResponse>,
  otherwise: () => ProxyResponse,
): MaybePromise<ProxyResponse> {
  if (!(answer instanceof Promise)) return answer
  return answer.catch((error: unknown) => {
    if (error instanceof ContentBroken) return otherwise()
    throw error
  })
}
