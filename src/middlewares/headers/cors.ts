import { compileRegexp } from '../../engine/matching/regexp/regexp.ts'
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
}

/** CORS as Traefik has it (v3.7 `pkg/middlewares/headers/header.go`). */
export interface Cors {
  /** The answer to a preflight; null for any other request. */
  preflight(request: ProxyRequest): ProxyResponse | null
  /** Adds to the final answer for a request of that origin; '' for none. */
  answer(fields: Fields, origin: string): void
}

export function createCors(config: CorsConfig): Cors {
  const { allowCredentials, origins, exposeHeaders, addVary } = config
  const expressions = config.originRegexps.map(compileRegexp)

  /** What `Access-Control-Allow-Origin` says; null for a foreign origin. */
  const allowedOrigin = (origin: string): string | null => {
    for (const item of origins) {
      if (item === '*') return allowCredentials ? origin : '*'
      if (item === origin) return origin
    }
    return expressions.some((expression) => expression.test(origin)) ? origin : null
  }

  const allow = (fields: Fields, origin: string): void => {
    const allowed = allowedOrigin(origin)
    if (allowed !== null) fields.set('Access-Control-Allow-Origin', allowed)
    if (allowCredentials) fields.set('Access-Control-Allow-Credentials', 'true')
    if (exposeHeaders !== '') fields.set('Access-Control-Expose-Headers', exposeHeaders)
  }

  return {
    preflight(request) {
      if (request.method !== 'OPTIONS') return null
      const { headers } = request
      const method = headers.first('access-control-request-method') ?? ''
      const origin = headers.first('origin') ?? ''
      if (method === '' || origin === '') return null
      const reply = bareReply(200)
      allow(reply.headers, origin)
      const allowHeaders = config.echoHeaders
        ? (headers.first('access-control-request-headers') ?? '')
        : config.allowHeaders
      if (allowHeaders !== '') reply.headers.append('Access-Control-Allow-Headers', allowHeaders)
      const allowMethods = config.echoMethod ? method : config.allowMethods
      if (allowMethods !== '') reply.headers.append('Access-Control-Allow-Methods', allowMethods)
      if (config.maxAge !== '') reply.headers.append('Access-Control-Max-Age', config.maxAge)
      return reply
    },
    answer(fields, origin) {
      allow(fields, origin)
      if (!addVary) return
      const vary = fields.first('vary') ?? ''
      if (vary !== 'Origin') fields.set('Vary', vary === '' ? 'Origin' : `${vary},Origin`)
    },
  }
}
