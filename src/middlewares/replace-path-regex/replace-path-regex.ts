import { defineMiddleware } from '../../contracts/kinds.ts'
import { toFieldText } from '../../http/fields.ts'
import { decodePath } from '../../http/path.ts'
import { errorReply } from '../../http/replies.ts'
import type { RegexpPlan } from '../../plan/regexp.ts'
import { announcedPath, cleanView, escapeError } from '../shared/path-edit.ts'

export interface ReplacePathRegexConfig {
  readonly regex: RegexpPlan
  /** Go's template: `$1`, `${name}`. */
  readonly replacement: string
}

/**
 * Replaces every match in the encoded path and announces the old one in `X-Replaced-Path`
 * (Traefik v3.7 `pkg/middlewares/replacepathregex`).
 */
export const replacePathRegex = defineMiddleware<ReplacePathRegexConfig>({
  isStateless: true,
  build: ({ regex, replacement }, { ports }) => {
    const expression = ports.compileRegexp(regex)
    return (next) => (request, cx) => {
      const old = announcedPath(request.pathView)
      if (!expression.test(old, cx)) return next(request, cx)
      request.headers.append('X-Replaced-Path', toFieldText(old))
      const rawPath = expression.replaceAll(old, replacement, cx)
      const path = decodePath(rawPath)
      if (path === null) return errorReply(500, escapeError(rawPath))
      const view = cleanView({ path, rawPath })
      if (view === null) return errorReply(400)
      request.pathView = view
      return next(request, cx)
    }
  },
})
