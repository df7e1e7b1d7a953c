import { defineMiddleware } from '../../contracts/kinds.ts'
import type { ProxyRequest } from '../../http/request.ts'
import { redirectTo, requestUri } from '../shared/redirect.ts'

export interface RedirectSchemeConfig {
  readonly scheme: string
  /** `:8443`; empty for none and for the scheme's default one. */
  readonly port: string
  readonly permanent: boolean
  /** Of the answer; absent: by the method and `permanent`. */
  readonly statusCode?: number
}

/** Redirects to another scheme or port (Traefik v3.7 `pkg/middlewares/redirect`). */
export const redirectScheme = defineMiddleware<RedirectSchemeConfig>({
  isStateless: true,
  build:
    ({ scheme, port, permanent, statusCode = null }) =>
    (next) =>
    (request, cx) => {
      const { authority } = request
      const currentScheme = clientScheme(request)
      const currentPort = /:[0-9]*$/.exec(authority)?.[0] ?? ''
      const host = authority.slice(0, authority.length - currentPort.length)
      const uri = requestUri(request)
      const shown = currentPort === (currentScheme === 'https' ? ':443' : ':80') ? '' : currentPort
      const current = `${currentScheme}://${host}${shown}${uri}`
      return redirectTo(`${scheme}://${host}${port}${uri}`, current, permanent, next, request, cx, statusCode)
    },
})

/** The scheme the client used, by the word of a trusted proxy in front. */
function clientScheme(request: ProxyRequest): 'http' | 'https' {
  switch (request.headers.first('x-forwarded-proto')?.toLowerCase()) {
    case 'http':
    case 'ws':
      return 'http'
    case 'https':
    case 'wss':
      return 'https'
    default:
      return request.scheme
  }
}
