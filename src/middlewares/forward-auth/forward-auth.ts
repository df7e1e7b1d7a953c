import { defineMiddleware, type Origin } from '../../contracts/kinds.ts'
import { BytesBody } from '../../http/body.ts'
import { UpstreamFailure } from '../../http/failure.ts'
import { Fields, fromFieldText } from '../../http/fields.ts'
import type { Handler } from '../../http/handler.ts'
import { maskUrl } from '../../http/masked-url.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import { readAhead } from '../../http/read-ahead.ts'
import { replay } from '../../http/replay.ts'
import { bareReply } from '../../http/replies.ts'
import { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { ProxyResponse } from '../../http/response.ts'
import { AUTH_TIMEOUT_MS } from '../../plan/limits.ts'
import type { ServersTransportPlan } from '../../plan/plan.ts'
import type { RegexpPlan } from '../../plan/regexp.ts'
import { type AuthFieldsOptions, authFields, dropConnectionFields } from '../shared/auth-fields.ts'
import { unlessBroken } from '../shared/broken-content.ts'
import { parseRedirectUrl } from '../shared/redirect-url.ts'
import { type BaseUrl, resolveLocation } from '../shared/resolve-location.ts'
import { cookieName, moveMatching, moveNamed, replaceCookies } from './auth-answer.ts'
import { drain, readAnswer } from './read-answer.ts'

export interface ForwardAuthConfig {
  /** Null: the address is no URL that can be asked, which shows with every request. */
  readonly address: (BaseUrl & { readonly origin: Origin; readonly hasUserInfo: boolean }) | null
  readonly transport: ServersTransportPlan
  readonly fields: AuthFieldsOptions
  /** Canonical names of fields that move from the answer to the request. */
  readonly responseFields: readonly string[]
  readonly responseFieldsRegex: RegexpPlan | null
  readonly cookies: readonly string[]
  readonly forwardBody: boolean
  /** Bytes; null: no limit. */
  readonly maxBodySize: number | null
  /** Bytes; null: no limit. */
  readonly maxResponseBodySize: number | null
  /** Field of the answer that names the user for the access log; empty: none. */
  readonly headerField: string
  readonly preserveLocationHeader: boolean
  readonly preserveRequestMethod: boolean
  /** Where a 401 leads; empty: nowhere. */
  readonly signinUrl: string
}

/** Bytes up to which Go's server measures content whose length nobody told. */
const MEASURED = 2048

/** Lets another server decide whether a request may pass (Traefik v3.7 `pkg/middlewares/auth/forward.go`). */
export const forwardAuth = defineMiddleware<ForwardAuthConfig>({
  build: (config, scope) => {
    const { address, forwardBody, maxBodySize, maxResponseBodySize, headerField, signinUrl, responseFields } = config
    if (address === null) return () => () => bareReply(500)
    const direct = scope.open('transport', { through: config.transport, origin: address.origin })
    const { scheme } = address.origin
    const asked = { what: 'auth', scheme, authority: address.authority, hasUserInfo: address.hasUserInfo } as const
    const transport = scope.observer?.client(asked, direct) ?? direct
    const shownAddress = maskUrl(`${scheme}://${address.authority}${address.target}`)
    const { clock, codecs, compileRegexp, kept } = scope.ports
    const expression = config.responseFieldsRegex === null ? null : compileRegexp(config.responseFieldsRegex)
    const cookies = new Set(config.cookies)

    const decode = (answer: ProxyResponse): void => {
      const { content, headers } = answer
      if (content === null || typeof content === 'string') return
      if (headers.get('content-encoding')?.toLowerCase() !== 'gzip') return
      headers.delete('content-encoding')
      headers.delete('content-length')
      answer.content = codecs.gunzip(content)
    }

    const ask = (request: ProxyRequest, cx: RequestContext, copy: ProxyRequest | null) => {
      const method = config.preserveRequestMethod ? request.method : 'GET'
      const fields = authFields(request, cx.client.address, config.fields)
      const content = copy?.content ?? null
      // As Go's client: an encoding that the request did not ask for is no business of the client.
      const gzipIsOurs = method !== 'HEAD' && !fields.first('accept-encoding') && !fields.first('range')
      if (gzipIsOurs) fields.append('Accept-Encoding', 'gzip')
      const question = new ProxyRequest(
        method,
        address.origin.scheme === 'https' ? 'https' : 'http',
        address.authority,
        address.target,
        fields,
        content,
        null,
        'HTTP/1.1',
      )
      const { informational } = cx.handling
      cx.handling.informational = null
      return andThen(transport.send(question, cx), (answer) => {
        cx.handling.informational = informational
        if (gzipIsOurs && answer instanceof ProxyResponse) decode(answer)
        return answer
      })
    }

    const admit = (next: Handler, request: ProxyRequest, cx: RequestContext, answer: ProxyResponse) => {
      moveNamed(request.headers, answer.headers, responseFields)
      if (expression !== null) moveMatching(request.headers, answer.headers, expression, cx)
      const set = cookies.size === 0 ? [] : answer.headers.getAll('set-cookie')
      if (set.length === 0) return next(request, cx)
      const added = set.filter((line) => cookies.has(cookieName(line)))
      return andThen(next(request, cx), (response) => {
        replaceCookies(response.headers, added, cookies)
        return response
      })
    }

    const refuse = (answer: ProxyResponse): ProxyResponse => {
      if (answer.status === 401 && signinUrl !== '') {
        answer.discard()
        return new ProxyResponse(302, new Fields(['Location', signinUrl]), null)
      }
      const { headers } = answer
      dropConnectionFields(headers)
      answer.reason = ''
      const location = headers.first('location')
      if (location === null || location === '') return answer
      const resolved = config.preserveLocationHeader
        ? (parseRedirectUrl(location)?.text ?? null)
        : resolveLocation(location, address)
      if (resolved === null) {
        answer.discard()
        return bareReply(500)
      }
      headers.set('Location', resolved)
      return answer
    }

    const judge = (next: Handler, request: ProxyRequest, cx: RequestContext, answer: ProxyResponse) => {
      const named = headerField === '' ? null : answer.headers.first(headerField)
      if (named !== null) cx.record.username = fromFieldText(named)
      return answer.ok ? admit(next, request, cx, answer) : refuse(answer)
    }

    const decide = (
      next: Handler,
      request: ProxyRequest,
      cx: RequestContext,
      answer: ProxyResponse | UpstreamFailure,
    ): MaybePromise<ProxyResponse> => {
      if (answer instanceof UpstreamFailure) {
        cx.record.span?.fail(`Error calling ${shownAddress}. Cause: ${answer.kind}`)
        return bareReply(answer.kind === 'aborted' ? 499 : 500)
      }
      const { content } = answer
      if (content === null || typeof content === 'string') return judge(next, request, cx, answer)
      if (maxResponseBodySize === null) {
        if (answer.ok) {
          drain(content)
          return judge(next, request, cx, answer)
        }
        // Traefik holds all of it; what is short shows a length, and trailers are no part of it.
        return andThen(readAhead(content, MEASURED + 1), (ahead) => {
          if (ahead.broken !== null) return bareReply(cx.aborted ? 499 : 500)
          const isMeasured = ahead.complete && ahead.size <= MEASURED
          answer.content = isMeasured ? new BytesBody(ahead.whole()) : ahead
          if (isMeasured && request.method === 'HEAD') answer.headers.set('Content-Length', String(ahead.size))
          return judge(next, request, cx, answer)
        })
      }
      return readAnswer(content, maxResponseBodySize, AUTH_TIMEOUT_MS, clock).then((bytes) => {
        if (bytes === 'too-large') {
          cx.record.span?.fail(`Response body is too large, maxResponseBodySize: ${maxResponseBodySize}`)
        }
        if (typeof bytes === 'string') return bareReply(bytes === 'too-large' ? 401 : cx.aborted ? 499 : 500)
        answer.content = new BytesBody(bytes)
        return judge(next, request, cx, answer)
      })
    }

    return (next) => (request, cx) => {
      if (!forwardBody || request.content === null) {
        return andThen(ask(request, cx, null), (answer) => decide(next, request, cx, answer))
      }
      const asked = andThen(
        replay(request, maxBodySize ?? Number.POSITIVE_INFINITY, 'as-received', kept, cx),
        (copies) => {
          if (copies === null) {
            request.content?.cancel()
            cx.record.span?.fail(`Request body is too large, maxBodySize: ${maxBodySize}`)
            return bareReply(401)
          }
          const own = copies()
          request.content = own.content
          return andThen(ask(request, cx, copies()), (answer) => decide(next, request, cx, answer))
        },
      )
      return unlessBroken(asked)
    }
  },
})
