import { defineMiddleware } from '../../contracts/kinds.ts'
import type { CompileRegexp } from '../../contracts/regexp.ts'
import { lowerName } from '../../http/fields.ts'
import type { Middleware } from '../../http/handler.ts'
import { andThen } from '../../http/maybe-promise.ts'
import type { ProxyResponse } from '../../http/response.ts'
import { type CorsConfig, createCors } from '../shared/cors.ts'
import { editFields, type FieldEdit } from '../shared/field-edit.ts'
import { type SecureConfig, secureHeaders } from './secure-headers.ts'

export interface HeadersConfig {
  readonly requestFields: readonly FieldEdit[]
  /** New authority of the request; empty: as it is. */
  readonly host: string
  /** `X-Forwarded-For: ""`: the peer is not appended either. */
  readonly omitForwardedFor: boolean
  readonly responseFields: readonly FieldEdit[]
  readonly cors: CorsConfig | null
  readonly secure: SecureConfig | null
  /** Options that are set and do nothing. */
  readonly deprecated: readonly string[]
}

/**
 * Fields of requests and responses, CORS and security headers (Traefik v3.7 `pkg/middlewares/headers`). Inwards:
 * preflight, request fields, host check. Outwards: security, response fields, CORS. It does not touch 1xx answers.
 */
export const headers = defineMiddleware<HeadersConfig>({
  isStateless: true,
  build: (config, scope) => {
    for (const option of config.deprecated) {
      scope.ports.log.log('warn', `${option} is deprecated and has no effect.`, { middlewareName: scope.name })
    }
    const outer = customHeaders(config, scope.ports.compileRegexp)
    if (config.secure === null) return outer
    const inner = secureHeaders(config.secure)
    return (next) => outer(inner(next))
  },
})

function customHeaders(config: HeadersConfig, compileRegexp: CompileRegexp): Middleware {
  const { requestFields, host, omitForwardedFor, responseFields } = config
  const cors = config.cors === null ? null : createCors(config.cors, compileRegexp)

  // A deleted Content-Type comes back as Go's server sees it.
  const losesType = responseFields.some(({ name, value }) => value === null && lowerName(name) === 'content-type')

  const edit = (response: ProxyResponse): ProxyResponse => {
    if (response.status >= 200) editFields(response.headers, responseFields)
    return response
  }

  return (next) => (request, cx) => {
    const preflight = cors?.preflight(request, cx) ?? null
    if (preflight !== null) return preflight
    editFields(request.headers, requestFields)
    if (host !== '') request.authority = host
    if (omitForwardedFor) cx.handling.omitForwardedFor = true
    if (losesType) cx.handling.guessesType = true
    if (cors === null) return responseFields.length === 0 ? next(request, cx) : andThen(next(request, cx), edit)
    // Before anything is asked for: a request whose origin can't be judged is refused.
    const allowed = cors.allowedOrigin(request.headers.first('origin') ?? '', cx)
    return andThen(next(request, cx), (response) => {
      if (response.status < 200) return response
      editFields(response.headers, responseFields)
      cors.answer(response.headers, allowed)
      return response
    })
  }
}
