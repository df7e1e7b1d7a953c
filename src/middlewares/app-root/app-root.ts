import { defineMiddleware } from '../../contracts/kinds.ts'
import { fillVariables } from '../../engine/nginx/variables.ts'
import { goRedirect } from '../shared/go-redirect.ts'

export interface AppRootConfig {
  /** With its leading slash and variables of nginx. */
  readonly path: string
}

/** Sends requests for the bare root to a path (Traefik v3.7 `pkg/middlewares/ingressnginx/approot`). */
export const appRoot = defineMiddleware<AppRootConfig>({
  isStateless: true,
  build: ({ path }, { ports: { hostname } }) => {
    const wanted = `$scheme://$best_http_host${path}`
    return (next) => (request, cx) => {
      if (request.pathView.path !== '/') return next(request, cx)
      return goRedirect(request, fillVariables(wanted, { request, cx, hostname, answer: null, own: null }), 302)
    }
  },
})
