import { defineMiddleware } from '../../contracts/kinds.ts'
import { fromFieldText } from '../../http/fields.ts'
import type { Handler } from '../../http/handler.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import { errorReply } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import { setIdentity } from '../shared/identity-field.ts'
import { unauthorized } from '../shared/unauthorized.ts'
import { createPasswordCheck, verifiedFor } from './password-check.ts'

/** Texts are byte strings, as in field lines. */
export interface BasicAuthConfig {
  /** Pairs of user name and hash, each name once. */
  readonly users: readonly (readonly [string, string])[]
  /** Value of `WWW-Authenticate`. */
  readonly challenge: string
  /** Request field that tells the user name; empty: none. */
  readonly headerField: string
  readonly removeHeader: boolean
}

/** HTTP Basic authentication, RFC 7617 (Traefik v3.7 `pkg/middlewares/auth`). */
export const basicAuth = defineMiddleware<BasicAuthConfig>({
  build: ({ users, challenge, headerField, removeHeader }, scope) => {
    const hashes = new Map(users)
    const { passwords } = scope.ports
    const check = createPasswordCheck(hashes, passwords, verifiedFor(scope.name, hashes, passwords))
    const admit = (
      next: Handler,
      request: ProxyRequest,
      cx: RequestContext,
      user: string,
    ): MaybePromise<ProxyResponse> => {
      if (headerField !== '') setIdentity(request.headers, headerField, user)
      if (removeHeader) request.headers.delete('authorization')
      return next(request, cx)
    }
    const refuse = ({ record }: RequestContext): ProxyResponse => {
      record.span?.fail('Authentication failed')
      return unauthorized(challenge)
    }
    return (next) => (request, cx) => {
      const credentials = parseBasicCredentials(request.headers.first('authorization'))
      if (credentials === null) {
        cx.record.username = ''
        return refuse(cx)
      }
      const { user, password } = credentials
      cx.record.username = fromFieldText(user)
      return andThen(check(user, password, cx), (fits) => {
        if (fits === null) return overloaded()
        return fits ? admit(next, request, cx, user) : refuse(cx)
      })
    }
  },
})

/** Too many passwords wait to be compared: that says nothing about this one (RFC 9110 §15.6.4). */
function overloaded(): ProxyResponse {
  const reply = errorReply(503)
  reply.headers.append('Retry-After', '1')
  return reply
}

/** What Basic credentials say; byte strings. */
export interface BasicCredentials {
  readonly user: string
  readonly password: string
}

const BASIC = /^basic ((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/i

/** Reads an `Authorization` value as strictly as Go's `Request.BasicAuth`; null when it holds no Basic credentials. */
export function parseBasicCredentials(value: string | null): BasicCredentials | null {
  const match = value === null ? null : BASIC.exec(value)
  if (match === null) return null
  const text = atob(match[1]!)
  const colon = text.indexOf(':')
  return colon === -1 ? null : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}
