import type { Asked } from '../../contracts/observer.ts'
import type { Transport } from '../../contracts/ports.ts'
import { UpstreamFailure } from '../../http/failure.ts'
import { andThen } from '../../http/maybe-promise.ts'
import { failureStatus } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { ProxyResponse } from '../../http/response.ts'
import { isLargeHead, keptText, setFields, setText } from './captured.ts'
import { redactedUrl } from './redaction.ts'
import { CLIENT, Span } from './span.ts'
import { setStatus } from './status.ts'
import type { Tracer } from './tracer.ts'

/** Ports that URLs stand for which name none. */
const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 }

/**
 * The way to a server with a span around each request, which tells the server of its trace (Traefik
 * `pkg/proxy/httputil/observability.go`, `pkg/middlewares/auth/forward.go`).
 */
export function tracedTransport(tracer: Tracer, asked: Asked, transport: Transport): Transport {
  const isAuth = asked.what === 'auth'
  const name = isAuth ? 'AuthRequest' : 'ReverseProxy'
  const describe = describer(tracer, asked)
  return {
    send(request, cx) {
      const outer = cx.record.span
      if (!(outer instanceof Span)) return transport.send(request, cx)
      const span = outer.child(name, CLIENT)
      // Of who decides about a request the fields of its trace count too.
      if (isAuth) tracer.propagator.inject(span, request.headers)
      if (span.trace.isSampled) describe(span, request)
      if (!isAuth) tracer.propagator.inject(span, request.headers)
      return andThen(transport.send(request, cx), (answer) => {
        // Traefik ends the span of a decision before it would say what came of it.
        if (!isAuth) conclude(span, answer, tracer)
        span.finish()
        return answer
      })
    },
    close: () => transport.close(),
  }
}

function conclude(span: Span, answer: ProxyResponse | UpstreamFailure, tracer: Tracer): void {
  const hasFailed = answer instanceof UpstreamFailure
  const status = hasFailed ? failureStatus[answer.kind] : answer.status
  setStatus(span, status, 400)
  if (hasFailed || tracer.responseHeaders.length === 0) return
  const { lines } = answer.headers
  setFields(span, 'http.response.header.', tracer.responseHeaders, lines, isLargeHead(lines))
}

function describer(tracer: Tracer, { scheme, authority, hasUserInfo }: Asked) {
  const { host, port } = split(authority)
  const peerPort = port ?? PORTS[scheme]
  const address = port === null ? authority : host
  return (span: Span, { method, headers: { lines }, path, query, headers }: ProxyRequest): void => {
    const isLarge = isLargeHead(lines)
    setText(span, 'http.request.method', method, isLarge)
    span.set('network.protocol.version', '1.1')
    span.set('url.full', keptText(redactedUrl(scheme, hasUserInfo, authority, path, query, tracer.safe), isLarge))
    span.set('url.scheme', scheme)
    setText(span, 'user_agent.original', headers.first('user-agent') ?? '', isLarge)
    // Go's function gives no host where there is no port.
    span.set('network.peer.address', host)
    span.set('server.address', address)
    if (peerPort !== undefined) {
      span.set('network.peer.port', peerPort)
      span.set('server.port', peerPort)
    }
    setFields(span, 'http.request.header.', tracer.requestHeaders, lines, isLarge)
  }
}

/** Host and port of an authority; without a port neither. */
function split(authority: string): { readonly host: string; readonly port: number | null } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([0-9]+)$/.exec(authority)
  return match === null ? { host: '', port: null } : { host: match[1] ?? match[2]!, port: Number(match[3]) }
}
