import { defineMiddleware } from '../../contracts/kinds.ts'
import { andThen } from '../../http/maybe-promise.ts'
import { type CorsConfig, createCors } from '../shared/cors.ts'

/** CORS of a route of the Gateway API: an origin that is not allowed gets the answer without a word of CORS. */
export const cors = defineMiddleware<CorsConfig>({
  isStateless: true,
  build: (config, scope) => {
    const { preflight, allowedOrigin, answer } = createCors(config, scope.ports.compileRegexp)
    return (next) => (request, cx) => {
      const reply = preflight(request, cx)
      if (reply !== null) return reply
      // Before anything is asked for: a request whose origin can't be judged is refused.
      const allowed = allowedOrigin(request.headers.first('origin') ?? '', cx)
      return andThen(next(request, cx), (response) => {
        if (response.status >= 200) answer(response.headers, allowed)
        return response
      })
    }
  },
})
