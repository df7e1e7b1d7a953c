import { defineMiddleware } from '../../contracts/kinds.ts'
import { asFieldValue } from '../../engine/nginx/variables.ts'
import { toFieldText } from '../../http/fields.ts'
import { decodePath } from '../../http/path.ts'
import { errorReply } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { RegexpPlan } from '../../plan/regexp.ts'
import { goRedirect } from '../shared/go-redirect.ts'
import { announcedPath, cleanView, escapeError } from '../shared/path-edit.ts'
import { parseRedirectUrl } from '../shared/redirect-url.ts'

export interface RewriteTargetConfig {
  /** Null: the whole path is replaced. */
  readonly regex: RegexpPlan | null
  /** Go's template: `$1`, `${name}`. */
  readonly replacement: string
  /** The replacement is an absolute URL: the client is sent there. */
  readonly isUrl: boolean
  /** Template of `X-Forwarded-Prefix`; empty: none. */
  readonly prefix: string
}

/** Rewrites the path, or redirects (Traefik v3.7 `pkg/middlewares/ingressnginx/rewritetarget`). */
export const rewriteTarget = defineMiddleware<RewriteTargetConfig>({
  isStateless: true,
  build: ({ regex, replacement, isUrl, prefix }, { ports }) => {
    const expression = regex === null ? null : ports.compileRegexp(regex)
    const whole = replacement.replace(/\$[0-9]+/g, '')
    return (next) => (request, cx) => {
      const old = announcedPath(request.pathView)
      if (expression !== null && !expression.test(old, cx)) return next(request, cx)
      const target = expression === null ? whole : expression.replaceAll(old, replacement, cx)
      if (target === '') return errorReply(500)
      if (isUrl) return sentTo(request, target)
      const path = decodePath(target)
      if (path === null) return errorReply(500, escapeError(target))
      const view = cleanView({ path, rawPath: target })
      if (view === null) return errorReply(400)
      if (prefix !== '') {
        const text = expression === null ? prefix : expression.replaceAll(old, prefix, cx)
        request.headers.set('X-Forwarded-Prefix', asFieldValue(toFieldText(text)))
      }
      request.pathView = view
      return next(request, cx)
    }
  },
})

/** The query goes along, unless the URL has one of its own. */
function sentTo(request: ProxyRequest, target: string): ProxyResponse {
  const url = parseRedirectUrl(target)
  if (url === null) return errorReply(500)
  const { query } = request
  const at = url.text.indexOf('#')
  const [own, fragment] = at === -1 ? [url.text, ''] : [url.text.slice(0, at), url.text.slice(at)]
  const hasQuery = own.includes('?') && !own.endsWith('?')
  const text = hasQuery || query.length < 2 ? own : `${own.replace(/\?$/, '')}${query}`
  return goRedirect(request, toFieldText(text + fragment), 302)
}
