import { defineMiddleware } from '../../contracts/kinds.ts'
import { clientScheme } from '../shared/client-scheme.ts'
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
      const currentScheme = clientScheme(request.headers, request.scheme)
      const currentPort = /:[0-9]*$/.exec(authority)?.[0] ?? ''
      const host = authority.slice(0, authority.length - currentPort.length)
      const uri = requestUri(request)
      const shown = currentPort === (currentScheme === 'https' ? ':443' : ':80') ? '' : currentPort
      const current = `${currentScheme}://${host}${shown}${uri}`
      return redirectTo(`${scheme}://${host}${port}${uri}`, current, permanent, next, request, cx, statusCode)
    },
})
