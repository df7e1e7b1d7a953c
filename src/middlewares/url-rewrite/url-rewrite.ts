import { defineMiddleware } from '../../contracts/kinds.ts'
import { type GatewayPath, gatewayPathOf } from '../shared/gateway-path.ts'

export interface UrlRewriteConfig extends GatewayPath {
  /** Host that servers see; null: it stays. */
  readonly hostname: string | null
}

/** Rewrites host and path for a Gateway API route (Traefik v3.7 `pkg/middlewares/gatewayapi/urlrewrite`). */
export const URLRewrite = defineMiddleware<UrlRewriteConfig>({
  isStateless: true,
  build: (config) => (next) => (request, cx) => {
    if (config.path !== null) request.target = gatewayPathOf(request, config) + request.query
    if (config.hostname !== null) request.authority = config.hostname
    return next(request, cx)
  },
})
