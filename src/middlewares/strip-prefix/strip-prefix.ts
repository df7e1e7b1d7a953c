import { defineMiddleware } from '../../contracts/kinds.ts'
import { fieldTextOf } from '../../http/path-text.ts'
import { errorReply } from '../../http/replies.ts'
import { cleanView, withoutPrefix } from '../shared/path-edit.ts'

export interface StripPrefixConfig {
  readonly prefixes: readonly string[]
  /** Deprecated: an empty rest becomes `/`. */
  readonly forceSlash: boolean
}

/**
 * Cuts the first prefix that the decoded path begins with and announces it in `X-Forwarded-Prefix`
 * (Traefik v3.7 `pkg/middlewares/stripprefix`).
 */
export const stripPrefix = defineMiddleware<StripPrefixConfig>({
  isStateless: true,
  build: ({ prefixes, forceSlash }, scope) => {
    if (forceSlash) {
      scope.ports.log.log('warn', '`ForceSlash` option is deprecated, please remove any usage of this option.', {
        middlewareName: scope.name,
      })
    }
    const announced = prefixes.map(fieldTextOf)
    return (next) => (request, cx) => {
      const { path } = request.pathView
      for (let i = 0; i < prefixes.length; i++) {
        const prefix = prefixes[i]!
        if (!path.startsWith(prefix)) continue
        const rest = withoutPrefix(request.pathView, prefix, announced[i]!.length)
        const view = cleanView(forceSlash && rest.path === '' ? { path: '/', rawPath: '' } : rest)
        if (view === null) return errorReply(400)
        request.headers.append('X-Forwarded-Prefix', announced[i]!)
        request.pathView = view
        break
      }
      return next(request, cx)
    }
  },
})
