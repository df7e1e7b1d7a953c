import type { Ports } from '../../contracts/ports.ts'
import { TooCostly } from '../../http/effort.ts'
import type { Handler } from '../../http/handler.ts'
import type { MaybePromise } from '../../http/maybe-promise.ts'
import { bareReply, errorReply } from '../../http/replies.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'

/** Anybody can send again what a bug has stumbled over: a line for each bug and router is enough for so long, in ms. */
const SILENCE_MS = 60_000
/** Bugs and routers that are remembered. */
const MOST_TOLD = 1_000

/**
 * What a bug throws becomes a 500 and a log line; the process lives. A request that no rule could decide on in time is
 * refused, with a line for each expression and not for each request.
 */
export function guard(next: Handler, ports: Ports): Handler {
  const told = new Set<string>()
  /** When each may be told again. */
  const failed = new Map<string, number>()
  const refuse = ({ what }: TooCostly, cx: RequestContext): ProxyResponse => {
    if (!told.has(what)) {
      ports.log.log('warn', 'A request is refused: matching it took too many steps', {
        entryPointName: cx.entryPoint,
        routerName: cx.record.router,
        expression: what,
      })
    }
    told.add(what)
    ports.count?.('requestRefused', cx.entryPoint, 'too-costly')
    return bareReply(400)
  }
  const fail = (error: unknown, cx: RequestContext): ProxyResponse => {
    if (error instanceof TooCostly) return refuse(error, cx)
    const { entryPoint, record } = cx
    const bug = `${record.router} ${error}`
    const now = ports.clock.now()
    if (now >= (failed.get(bug) ?? Number.NEGATIVE_INFINITY)) {
      const stack = error instanceof Error ? error.stack : String(error)
      ports.log.log('error', 'Recovered from a failed handler', { entryPoint, router: record.router, stack })
      if (failed.size >= MOST_TOLD) failed.clear()
      failed.set(bug, now + SILENCE_MS)
    }
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
