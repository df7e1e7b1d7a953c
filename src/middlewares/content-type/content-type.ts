import { defineMiddleware } from '../../contracts/kinds.ts'
import { guessType } from '../../http/guess-type.ts'
import type { Handler } from '../../http/handler.ts'
import { andThen } from '../../http/maybe-promise.ts'

export interface ContentTypeConfig {
  /** False: it does nothing. */
  readonly autoDetect: boolean
}

/** Fills in a missing Content-Type by looking at the content (Traefik v3.7 `pkg/middlewares/contenttype`). */
export const contentType = defineMiddleware<ContentTypeConfig>({
  isStateless: true,
  build:
    ({ autoDetect }) =>
    (next): Handler =>
      autoDetect ? (request, cx) => andThen(next(request, cx), guessType) : next,
})
