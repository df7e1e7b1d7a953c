import { type Candidate, shuffled } from '../balancing/balancer.ts'
import { createWrr } from '../balancing/wrr.ts'
import type { Handler } from '../http/handler.ts'
import { andThen } from '../http/maybe-promise.ts'
import { noAvailableServer } from '../http/replies.ts'
import type { StickyPlan } from '../plan/services.ts'
import type { Ports } from '../ports/ports.ts'
import { createSticky } from './sticky.ts'

/** A candidate that answers requests: a server or a service. */
export interface Member extends Candidate {
  readonly handle: Handler
}

/** One of the members takes each request: the one its cookie names, else the balancer's pick. */
export function balanced(members: readonly Member[], stickyPlan: StickyPlan | null, ports: Ports): Handler {
  const order = shuffled(members, () => ports.random())
  const balancer = createWrr(order)
  if (stickyPlan === null) {
    return (request, cx) => {
      const member = balancer.pick()
      return member === null ? noAvailableServer() : member.handle(request, cx)
    }
  }
  const sticky = createSticky(stickyPlan, order)
  return (request, cx) => {
    const found = sticky.find(request)
    if (found !== null && !found.rewrite) return found.member.handle(request, cx)
    const member = found?.member ?? balancer.pick()
    if (member === null) return noAvailableServer()
    return andThen(member.handle(request, cx), (response) => {
      sticky.write(response, member)
      return response
    })
  }
}
