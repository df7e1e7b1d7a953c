import { defineMiddleware } from '../../contracts/kinds.ts'
import type { RegexpPlan } from '../../plan/regexp.ts'
import { redirectTo, requestUri } from '../shared/redirect.ts'

export interface RedirectRegexConfig {
  readonly regex: RegexpPlan
  /** Go's template: `$1`, `${name}`. */
  readonly replacement: string
  readonly permanent: boolean
  /** Of the answer; absent: by the method and `permanent`. */
  readonly statusCode?: number
}

/** Redirects by an expression on `scheme://host[:port]/path?query` (Traefik v3.7 `pkg/middlewares/redirect`). */
export const redirectRegex = defineMiddleware<RedirectRegexConfig>({
  isStateless: true,
  build: ({ regex, replacement, permanent, statusCode = null }, { ports }) => {
    const expression = ports.compileRegexp(regex)
    return (next) => (request, cx) => {
      const current = `${request.scheme}://${request.authority}${requestUri(request)}`
      if (!expression.test(current, cx)) return next(request, cx)
      const wanted = expression.replaceAll(current, replacement, cx)
      return redirectTo(wanted, current, permanent, next, request, cx, statusCode)
    }
  },
})
