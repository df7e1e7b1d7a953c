import { type Balancer, shuffled } from '../balancing/balancer.ts'
import { createHrw } from '../balancing/hrw.ts'
import { createLeastTime } from '../balancing/least-time.ts'
import { createP2c } from '../balancing/p2c.ts'
import { createWrr } from '../balancing/wrr.ts'
import type { Handler } from '../http/handler.ts'
import { andThen } from '../http/maybe-promise.ts'
import { noAvailableServer } from '../http/replies.ts'
import type { StickyPlan, Strategy } from '../plan/services.ts'
import type { Ports } from '../ports/ports.ts'
import { type Choice, LoadedChoice, type Member, plainChoice } from './member.ts'
import { createSticky } from './sticky.ts'

/** One of the members takes each request: the one its cookie names, else the balancer's pick. */
export function balanced(
  members: readonly Member[],
  strategy: Strategy,
  sticky: StickyPlan | null,
  ports: Ports,
): Handler {
  const random = () => ports.random()
  const order = shuffled(members, random)
  if (strategy === 'p2c') {
    const choices = order.map((member) => new LoadedChoice(member, null))
    return answering(choices, createP2c(choices, random), sticky)
  }
  if (strategy === 'leasttime') {
    const choices = order.map((member) => new LoadedChoice(member, ports.clock))
    return answering(choices, createLeastTime(choices), sticky)
  }
  const choices = order.map(plainChoice)
  return answering(choices, strategy === 'hrw' ? createHrw(choices) : createWrr(choices), sticky)
}

function answering(choices: readonly Choice[], balancer: Balancer<Choice>, stickyPlan: StickyPlan | null): Handler {
  if (stickyPlan === null) {
    return (request, cx) => {
      const choice = balancer.pick(cx.client)
      return choice === null ? noAvailableServer() : choice.picked(request, cx)
    }
  }
  const sticky = createSticky(stickyPlan, choices)
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
