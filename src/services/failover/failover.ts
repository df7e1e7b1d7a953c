import { defineService } from '../../contracts/kinds.ts'
import type { Handler } from '../../http/handler.ts'
import type { KeptMemory } from '../../http/kept.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import { onCopy } from '../../http/on-copy.ts'
import type { RequestCopies } from '../../http/replay.ts'
import { errorReply } from '../../http/replies.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { ProxyResponse } from '../../http/response.ts'
import type { FailoverErrorsPlan, FailoverPlan } from '../../plan/services.ts'
import { requireChecked } from '../shared/children.ts'
import { keepRequest } from '../shared/kept-request.ts'
import { notEnabled } from '../shared/not-enabled.ts'

/**
 * A main service, and another one for when it is down or answers with an error (Traefik v3.7
 * `pkg/server/service/loadbalancer/failover`).
 */
export const failover = defineService<FailoverPlan>({
  build(plan, scope) {
    const main = scope.service(plan.main.service)
    const errors = plan.errors !== null && plan.errors.statuses.length > 0 ? plan.errors : null
    if (errors === null) requireChecked(main, plan.main.id, scope)
    const fallback = scope.service(plan.fallback.service)
    if (plan.healthCheck) requireChecked(fallback, plan.fallback.id, scope)
    // Who judges by status does without the main service's health, but follows it where it is watched.
    const mainUp = main.unchecked === null ? () => main.isUp() : () => true
    const fallbackUp = plan.healthCheck ? () => fallback.isUp() : () => true
    const guarded = errors === null ? main.handle : onStatus(main.handle, fallback.handle, errors, scope.ports.kept)
    return {
      name: scope.name,
      unchecked: plan.healthCheck ? null : notEnabled('failover'),
      handle(request, cx) {
        if (mainUp()) return guarded(request, cx)
        return fallbackUp() ? fallback.handle(request, cx) : errorReply(503)
      },
      isUp: () => mainUp() || fallbackUp(),
      servers: null,
    }
  },
})

/** The request is kept until the main service's answer is known not to be one of those that count as failures. */
function onStatus(
  main: Handler,
  fallback: Handler,
  { statuses, maxRequestBodyBytes }: FailoverErrorsPlan,
  memory: KeptMemory | undefined,
): Handler {
  const isListed = (status: number) => statuses.some(([low, high]) => status >= low && status <= high)

  const serve = (copies: RequestCopies, cx: RequestContext): MaybePromise<ProxyResponse> => {
    const mark = cx.beginPart()
    const { informational } = cx.handling
    // Whether this answer will be given to the client is not known yet, so nothing may go ahead of it.
    cx.handling.informational = null
    return andThen(onCopy(main, copies(), cx), (response) => {
      cx.handling.informational = informational
      // A switched connection is an answer that can't be taken back.
      if (response.status === 101 || !isListed(response.status)) return response
      response.discard()
      cx.endSince(mark, { status: response.status, size: 0, requestSize: 0, aborted: false })
      return onCopy(fallback, copies(), cx)
    })
  }

  return (request, cx) =>
    andThen(keepRequest(request, maxRequestBodyBytes, memory, cx), (kept) => {
      if (kept === null) {
        request.content?.cancel()
        return errorReply(413, 'Request body too large')
      }
      return kept instanceof ProxyResponse ? kept : serve(kept, cx)
    })
}
