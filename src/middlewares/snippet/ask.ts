import type { BuildScope, Origin } from '../../contracts/kinds.ts'
import type { Transport } from '../../contracts/ports.ts'
import { isValidHost } from '../../http/authority.ts'
import { UpstreamFailure } from '../../http/failure.ts'
import { Fields } from '../../http/fields.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import { bareReply } from '../../http/replies.ts'
import { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { ProxyResponse } from '../../http/response.ts'
import { authFields, dropConnectionFields } from '../shared/auth-fields.ts'
import { goRedirect } from '../shared/go-redirect.ts'
import { resolveLocation } from '../shared/resolve-location.ts'
import { compileDirectives } from './compile-directives.ts'
import { applyRequest } from './request-phase.ts'
import { collect } from './rewrite-phase.ts'
import { Collected, Run } from './run.ts'
import type { SnippetAuthConfig } from './snippet.ts'

/** Asks whether a request may pass; gives the answer of who says no, null: it may. */
export type Ask = (run: Run, request: ProxyRequest, cx: RequestContext) => MaybePromise<ProxyResponse | null>

/** A URL that can be asked. */
interface Asked {
  readonly origin: Origin & { readonly scheme: 'http' | 'https' }
  readonly authority: string
  readonly target: string
}

const FIELDS = { forwarded: 'keep', allowed: [], isAnonymous: true } as const

/** The other server of `auth-url` (nginx `auth_request`). */
export function createAsk(config: SnippetAuthConfig, scope: BuildScope): Ask {
  const { address, origin, method, responseFields, signinUrl, transport: options } = config
  const { ports, observer } = scope
  const directives = compileDirectives(config.directives, ports)
  const fixed = origin === null ? null : scope.open('transport', { through: options, origin })

  /** A server that the request names is connected to for this request. */
  const wayTo = ({ origin: to, authority }: Asked, cx: RequestContext): Transport => {
    let way = fixed
    if (way === null) {
      way = ports.transports.open({ ...to, options })
      cx.onEnd(way.close.bind(way))
    }
    const asked = { what: 'auth', scheme: to.scheme, authority, hasUserInfo: false } as const
    return observer?.client(asked, way) ?? way
  }

  const admit = (run: Run, request: ProxyRequest, answer: ProxyResponse): null => {
    for (const name of responseFields) {
      request.headers.delete(name)
      for (const value of answer.headers.getAll(name)) request.headers.append(name, value)
    }
    run.authAnswer = answer.headers
    answer.discard()
    return null
  }

  const refuse = (asked: Asked, request: ProxyRequest, cx: RequestContext, answer: ProxyResponse): ProxyResponse => {
    if (answer.status === 401 && signinUrl !== '') {
      answer.discard()
      return goRedirect(request, new Run(request, cx, ports).fill(withReturn(signinUrl)), 302)
    }
    const { headers } = answer
    dropConnectionFields(headers)
    answer.reason = ''
    const location = headers.first('location') ?? ''
    if (location === '') return answer
    const resolved = resolveLocation(location, { scheme: asked.origin.scheme, ...asked })
    if (resolved === null) {
      answer.discard()
      return bareReply(500)
    }
    headers.set('Location', resolved)
    return answer
  }

  return (run, request, cx) => {
    const asked = readUrl(run.fill(address))
    if (asked === null) return bareReply(500)
    const fields = authFields(request, cx.client.address, FIELDS)
    const { scheme } = asked.origin
    const question = new ProxyRequest(method, scheme, asked.authority, asked.target, fields, null, null, 'HTTP/1.1')
    const own = new Collected()
    collect(directives, run, own)
    if (run.isRefused) return bareReply(400)
    if (run.ended !== null) {
      const { status, url, body } = run.ended
      return url === null ? new ProxyResponse(status, new Fields(), body) : goRedirect(request, url, status)
    }
    run.stopsBlock = false
    for (const directive of [...own.input, ...own.content]) applyRequest(directive, run, question)
    const { informational } = cx.handling
    cx.handling.informational = null
    return andThen(wayTo(asked, cx).send(question, cx), (answer) => {
      cx.handling.informational = informational
      if (answer instanceof UpstreamFailure) {
        cx.record.span?.fail(`Error calling ${scheme}://${asked.authority}. Cause: ${answer.kind}`)
        return bareReply(answer.kind === 'aborted' ? 499 : 500)
      }
      return answer.ok ? admit(run, request, answer) : refuse(asked, request, cx, answer)
    })
  }
}

/** Where the client wanted to go, so that it is sent back there. */
function withReturn(url: string): string {
  if (url.includes('rd=')) return url
  return `${url}${url.includes('?') ? '&' : '?'}rd=$scheme://$best_http_host$escaped_request_uri`
}

const URL_PARTS = /^(https?):\/\/(?:[^/?#@]*@)?([^/?#]+)([^#]*)/i

/** Null: nobody can be asked by it. */
function readUrl(text: string): Asked | null {
  const [, scheme = '', authority = '', rest = ''] = URL_PARTS.exec(text) ?? []
  if (authority === '' || !isValidHost(authority)) return null
  const [, host = authority, port = ''] = /^(.*?)(?::([0-9]*))?$/.exec(authority) ?? []
  const number = port === '' ? (scheme.toLowerCase() === 'https' ? 443 : 80) : Number(port)
  if (host === '' || number > 65_535) return null
  const target = rest.startsWith('/') ? rest : `/${rest}`
  return {
    origin: {
      scheme: scheme.toLowerCase() === 'https' ? 'https' : 'http',
      host: host.startsWith('[') ? host.slice(1, -1) : host,
      port: number,
    },
    authority,
    target: target.replace(/[^\x21-\x7e]/g, (octet) => `%${octet.charCodeAt(0).toString(16).padStart(2, '0')}`),
  }
}
