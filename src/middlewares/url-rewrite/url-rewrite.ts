import { defineMiddleware } from '../../contracts/kinds.ts'
import { errorReply } from '../../http/replies.ts'
import { type GatewayPath, gatewayPathOf } from '../shared/gateway-path.ts'
import { hasDotSegment } from '../shared/path-edit.ts'

export interface UrlRewriteConfig extends GatewayPath {
  /** Host that servers see; null: it stays. */
  readonly hostname: string | null
}

/**
 * Rewrites host and path for a Gateway API route (Traefik v3.7 `pkg/middlewares/gatewayapi/urlrewrite`). What stands behind
 * a prefix is joined decoded, so a dot segment in there would lead out of what the prefix is replaced by: it is refused.
 */
export const URLRewrite = defineMiddleware<UrlRewriteConfig>({
  isStateless: true,
  build: (config) => (next) => (request, cx) => {
    if (config.pathPrefix !== null && hasDotSegment(request.pathView.path)) return errorReply(400)
    if (config.path !== null) request.target = gatewayPathOf(request, config) + request.query
    if (config.hostname !== null) request.authority = config.hostname
    return next(request, cx)
  },
})
