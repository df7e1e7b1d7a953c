import type { Ports } from '../../contracts/ports.ts'
import { TooCostly } from '../../http/effort.ts'
import type { Handler } from '../../http/handler.ts'
import type { MaybePromise } from '../../http/maybe-promise.ts'
import { holdsEscape } from '../../http/path.ts'
import { bareReply, errorReply } from '../../http/replies.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { RouterPlan } from '../../plan/plan.ts'
import { withTimeouts } from './router-timeouts.ts'

/**
 * What a bug throws becomes a 500 and a log line; the process lives. A request that no rule could decide on in time is
 * refused, with a line for each expression and not for each request.
 */
export function guard(next: Handler, ports: Ports): Handler {
  const told = new Set<string>()
  const refuse = ({ what }: TooCostly, cx: RequestContext): ProxyResponse => {
    if (!told.has(what)) {
      ports.log.log('warn', 'A request is refused: matching it took too many steps', {
        entryPointName: cx.entryPoint,
        routerName: cx.record.router,
        expression: what,
      })
    }
    told.add(what)
    return bareReply(400)
  }
  const fail = (error: unknown, cx: RequestContext): ProxyResponse => {
    if (error instanceof TooCostly) return refuse(error, cx)
    const stack = error instanceof Error ? error.stack : String(error)
    ports.log.log('error', 'Recovered from a failed handler', {
      entryPoint: cx.entryPoint,
      router: cx.record.router,
      stack,
    })
    return errorReply(500)
  }
  return (request, cx) => {
    let answer: MaybePromise<ProxyResponse>
    try {
      answer = next(request, cx)
    } catch (error) {
      return fail(error, cx)
    }
    return answer instanceof Promise ? answer.catch((error: unknown) => fail(error, cx)) : answer
  }
}

/**
 * The outermost part of a router: what the record says of it, escapes that its entry point denies, the TLS options it
 * wants, and its time limits.
 */
export function routed(label: string, router: RouterPlan, isRoot: boolean, chain: Handler, ports: Ports): Handler {
  const next = router.timeouts === undefined ? chain : withTimeouts(router.timeouts, ports.clock, chain)
  const denied = isRoot && router.deniedEscapes !== null ? router.deniedEscapes : null
  const service = router.service ?? ''
  const { accessLogs } = router.observability
  const options = isRoot ? router.tlsOptions : null
  return (request, cx) => {
    const { record } = cx
    record.router = label
    record.service = service
    record.logged = accessLogs
    if (denied !== null && holdsEscape(request.path, denied)) return bareReply(400)
    // RFC 9110 §15.5.20: the connection was made with options of another host.
    if (options !== null && cx.client.tls !== null && (cx.client.tls.options ?? options) !== options) {
      return errorReply(421)
    }
    return next(request, cx)
  }
}
