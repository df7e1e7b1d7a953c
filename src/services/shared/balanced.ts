import type { Ports } from '../../contracts/ports.ts'
import { type Balancer, shuffled } from '../../engine/balancing/balancer.ts'
import { createHrw } from '../../engine/balancing/hrw.ts'
import { createLeastTime } from '../../engine/balancing/least-time.ts'
import { createP2c } from '../../engine/balancing/p2c.ts'
import { createWrr } from '../../engine/balancing/wrr.ts'
import type { Handler } from '../../http/handler.ts'
import { andThen } from '../../http/maybe-promise.ts'
import { noAvailableServer } from '../../http/replies.ts'
import type { StickyCookiePlan, StickyHashPlan, StickyPlan, Strategy } from '../../plan/services.ts'
import { type Choice, LoadedChoice, type Member, PlainChoice } from './member.ts'
import type { AroundPicks } from './slow-start.ts'
import { createSticky } from './sticky.ts'
import { createStickyHash } from './sticky-hash.ts'

/**
 * One of the members takes each request: the one it is bound to, else the balancer's pick.
 * @param around stands around the balancer; null: nothing does
 */
export function balanced(
  members: readonly Member[],
  strategy: Strategy,
  sticky: StickyPlan | null,
  ports: Ports,
  around: AroundPicks | null = null,
): Handler {
  const random = () => ports.random()
  const order = shuffled(members, random)
  if (strategy === 'p2c') {
    const choices = order.map((member) => new LoadedChoice(member, null))
    return answering(choices, createP2c(choices, random), sticky, around)
  }
  if (strategy === 'leasttime') {
    const choices = order.map((member) => new LoadedChoice(member, ports.clock))
    return answering(choices, createLeastTime(choices), sticky, around)
  }
  const choices = order.map((member) => new PlainChoice(member))
  return answering(choices, strategy === 'hrw' ? createHrw(choices) : createWrr(choices), sticky, around)
}

function answering<C extends Choice>(
  choices: readonly C[],
  inner: Balancer<C>,
  sticky: StickyPlan | null,
  around: AroundPicks | null,
): Handler {
  const balancer = around === null ? inner : around(inner)
  if (sticky === null) {
    return (request, cx) => {
      const choice = balancer.pick(cx.client)
      return choice === null ? noAvailableServer() : choice.picked(request, cx)
    }
  }
  return 'header' in sticky ? byHash(sticky, choices, balancer) : byCookie(sticky, choices, balancer)
}

function byCookie(plan: StickyCookiePlan, choices: readonly Choice[], balancer: Balancer<Choice>): Handler {
  const sticky = createSticky(plan, choices)
  return (request, cx) => {
    const found = sticky.find(request)
    if (found !== null && !found.rewrite) return found.member.handle(request, cx)
    const choice = found?.member ?? balancer.pick(cx.client)
    if (choice === null) return noAvailableServer()
    return andThen(found === null ? choice.picked(request, cx) : choice.handle(request, cx), (response) => {
      sticky.write(response, choice)
      return response
    })
  }
}

/** Whoever says nothing to hash is the balancer's. */
function byHash({ header }: StickyHashPlan, choices: readonly Choice[], balancer: Balancer<Choice>): Handler {
  const memberOf = createStickyHash(choices)
  return (request, cx) => {
    const key = header === null ? cx.client.address : request.headers.first(header)
    const choice = key === null || key === '' ? balancer.pick(cx.client) : memberOf(key)
    return choice === null ? noAvailableServer() : choice.picked(request, cx)
  }
}
