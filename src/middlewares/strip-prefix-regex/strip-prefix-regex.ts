import { defineMiddleware } from '../../contracts/kinds.ts'
import { hasControls } from '../../http/controls.ts'
import { fieldTextOf } from '../../http/path-text.ts'
import { errorReply } from '../../http/replies.ts'
import type { RegexpPlan } from '../../plan/regexp.ts'
import { cleanView, withoutPrefix } from '../shared/path-edit.ts'

export interface StripPrefixRegexConfig {
  readonly regex: readonly RegexpPlan[]
}

/**
 * Cuts what the first expression matches at the start of the decoded path and announces it in `X-Forwarded-Prefix`
 * (Traefik v3.7 `pkg/middlewares/stripprefixregex`).
 */
export const stripPrefixRegex = defineMiddleware<StripPrefixRegexConfig>({
  isStateless: true,
  build: ({ regex }, { ports }) => {
    const expressions = regex.map(ports.compileRegexp)
    return (next) => (request, cx) => {
      const { path } = request.pathView
      for (const expression of expressions) {
        const prefix = expression.exec(path, cx)?.groups[0]
        // The leftmost match counts by its text: it may stand further back and begin the path all the same.
        if (prefix === undefined || prefix === '' || !path.startsWith(prefix)) continue
        // The client chose these bytes: they may not end a field line.
        if (hasControls(prefix)) return errorReply(400)
        const announced = fieldTextOf(prefix)
        request.headers.append('X-Forwarded-Prefix', announced)
        const view = cleanView(withoutPrefix(request.pathView, prefix, announced.length))
        if (view === null) return errorReply(400)
        request.pathView = view
        break
      }
      return next(request, cx)
    }
  },
})
