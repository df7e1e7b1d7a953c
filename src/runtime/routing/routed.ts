import type { Kinds } from '../../contracts/kinds.ts'
import type { Ports } from '../../contracts/ports.ts'
import type { Handler } from '../../http/handler.ts'
import { holdsEscape } from '../../http/path.ts'
import { bareReply, errorReply } from '../../http/replies.ts'
import type { RouterPlan } from '../../plan/plan.ts'

/**
 * The outermost part of a router: what the record says of it, escapes that its entry point denies, the TLS options it
 * wants, and its time limits.
 */
export function routed(
  label: string,
  router: RouterPlan,
  isRoot: boolean,
  chain: Handler,
  ports: Ports,
  { withTimeouts, refusingReturns }: Kinds,
): Handler {
  const { recursionMark } = router
  const inner = recursionMark === undefined ? chain : refusingReturns!(recursionMark, chain)
  const next = router.timeouts === undefined ? inner : withTimeouts!(router.timeouts, ports.clock, inner)
  const denied = isRoot && router.deniedEscapes !== null ? router.deniedEscapes : null
  const service = router.service ?? ''
  const { accessLogs, metrics } = router.observability
  const options = isRoot ? router.tlsOptions : null
  return (request, cx) => {
    const { record } = cx
    record.router = label
    record.service = service
    // What is told of an exchange is the root's to say.
    if (isRoot) {
      record.logged = accessLogs
      record.metered = metrics
    }
    if (denied !== null && holdsEscape(request.path, denied)) return bareReply(400)
    // RFC 9110 §15.5.20: the connection was made with options of another host.
    if (options !== null && cx.client.tls !== null && (cx.client.tls.options ?? options) !== options) {
      return errorReply(421)
    }
    return next(request, cx)
  }
}
