import { defineMiddleware } from '../../contracts/kinds.ts'
import { fillVariables } from '../../engine/nginx/variables.ts'
import { isValidHost } from '../../http/authority.ts'
import { phraseReply } from '../../http/replies.ts'

export interface UpstreamVHostConfig {
  /** With variables of nginx. */
  readonly vHost: string
  /** Further variables, with their `$`. */
  readonly vars: readonly (readonly [name: string, value: string])[]
}

/** Changes the host that servers see (Traefik v3.7 `pkg/middlewares/ingressnginx/upstreamvhost`). */
export const upstreamVHost = defineMiddleware<UpstreamVHostConfig>({
  isStateless: true,
  build: ({ vHost, vars }, { ports: { hostname } }) => {
    const own = new Map(vars)
    return (next) => (request, cx) => {
      const host = fillVariables(vHost, { request, cx, hostname, answer: null, own })
      // What a client wrote may be in it.
      if (!isValidHost(host)) return phraseReply(500)
      request.authority = host
      return next(request, cx)
    }
  },
})
