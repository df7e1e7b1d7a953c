import type { Ports } from '../../contracts/ports.ts'
import { createHrw } from '../../engine/balancing/hrw.ts'
import { fillVariables } from '../../engine/nginx/variables.ts'
import { noAvailableServer } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { Balanced } from '../shared/balanced.ts'
import { type Member, PlainChoice } from '../shared/member.ts'

/** Members by a hash of what a request says: the highest random weight, for a key in place of the client's address. */
export function balancedByHash(
  members: readonly Member[],
  hashBy: string,
  { hostname }: Pick<Ports, 'hostname'>,
): Balanced {
  const choices = members.map((member) => new PlainChoice(member))
  const balancer = createHrw(choices)
  const choiceOf = (request: ProxyRequest, cx: RequestContext): PlainChoice | null =>
    balancer.pick({ address: fillVariables(hashBy, { request, cx, hostname, answer: null, own: null }) })
  return {
    handle: (request, cx) => choiceOf(request, cx)?.picked(request, cx) ?? noAvailableServer(),
    preview: (request, cx) => choiceOf(request, cx)?.id ?? null,
  }
}
