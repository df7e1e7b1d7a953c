import type { CompileRegexp } from '../../contracts/regexp.ts'
import type { Effort } from '../../http/effort.ts'
import type { Fields } from '../../http/fields.ts'
import { bareReply } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { RegexpPlan } from '../../plan/regexp.ts'

/** Field values are ready; empty ones are not sent. */
export interface CorsConfig {
  readonly allowCredentials: boolean
  readonly allowHeaders: string
  /** `*` with credentials: what the preflight asks for is allowed. */
  readonly echoHeaders: boolean
  readonly allowMethods: string
  readonly echoMethod: boolean
  readonly exposeHeaders: string
  /** In order; `*` is any. */
  readonly origins: readonly string[]
  readonly originRegexps: readonly RegexpPlan[]
  readonly maxAge: string
  readonly addVary: boolean
  /** Who is not allowed hears nothing of it. */
  readonly isSilent: boolean
}

/** CORS as Traefik has it (v3.7 `pkg/middlewares/headers/header.go`), which tells foreign origins all but that they are. */
export interface Cors {
  /** The answer to a preflight; null for any other request. */
  preflight(request: ProxyRequest, effort: Effort): ProxyResponse | null
  /** What `Access-Control-Allow-Origin` says to an origin, '' for none; null where it is a foreign one. */
  allowedOrigin(origin: string, effort: Effort): string | null
  /** Adds to the final answer for a request. @param allowed of its origin */
  answer(fields: Fields, allowed: string | null): void
}

export function createCors(config: CorsConfig, compileRegexp: CompileRegexp): Cors {
  const { allowCredentials, origins, exposeHeaders, addVary, isSilent } = config
  const expressions = config.originRegexps.map(compileRegexp)

  const allowedOrigin = (origin: string, effort: Effort): string | null => {
    if (isSilent && origin === '') return null
    for (const item of origins) {
      if (item === '*') return allowCredentials ? origin : '*'
      if (item === origin) return origin
    }
    return expressions.some((expression) => expression.test(origin, effort)) ? origin : null
  }

  const allow = (fields: Fields, allowed: string | null): void => {
    if (allowed !== null) fields.set('Access-Control-Allow-Origin', allowed)
    else if (isSilent) return
    if (allowCredentials) fields.set('Access-Control-Allow-Credentials', 'true')
    if (exposeHeaders !== '') fields.set('Access-Control-Expose-Headers', exposeHeaders)
  }

  return {
    allowedOrigin,
    preflight(request, effort) {
      if (request.method !== 'OPTIONS') return null
      const { headers } = request
      const method = headers.first('access-control-request-method') ?? ''
      const origin = headers.first('origin') ?? ''
      if (method === '' || origin === '') return null
      const reply = bareReply(200)
      const allowed = allowedOrigin(origin, effort)
      allow(reply.headers, allowed)
      if (allowed === null && isSilent) return reply
      const allowHeaders = config.echoHeaders
        ? (headers.first('access-control-request-headers') ?? '')
        : config.allowHeaders
      if (allowHeaders !== '') reply.headers.append('Access-Control-Allow-Headers', allowHeaders)
      const allowMethods = config.echoMethod ? method : config.allowMethods
      if (allowMethods !== '') reply.headers.append('Access-Control-Allow-Methods', allowMethods)
      if (config.maxAge !== '') reply.headers.append('Access-Control-Max-Age', config.maxAge)
      return reply
    },
    answer(fields, allowed) {
      allow(fields, allowed)
      if (!addVary) return
      const vary = fields.first('vary') ?? ''
      if (vary !== 'Origin') fields.set('Vary', vary === '' ? 'Origin' : `${vary},Origin`)
    },
  }
}
