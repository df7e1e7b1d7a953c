import type { Preview } from '../../contracts/kinds.ts'
import type { Ports } from '../../contracts/ports.ts'
import { type Balancer, isAvailable } from '../../engine/balancing/balancer.ts'
import { createHrw } from '../../engine/balancing/hrw.ts'
import { createLeastTime } from '../../engine/balancing/least-time.ts'
import { createP2c } from '../../engine/balancing/p2c.ts'
import { shuffled } from '../../engine/balancing/shuffled.ts'
import { createWrr } from '../../engine/balancing/wrr.ts'
import type { Handler } from '../../http/handler.ts'
import { andThen } from '../../http/maybe-promise.ts'
import { noAvailableServer } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { StickyCookiePlan, StickyHashPlan, StickyPlan, Strategy } from '../../plan/services.ts'
import { type Choice, LoadedChoice, type Member, PlainChoice } from './member.ts'
import type { AroundPicks } from './slow-start.ts'
import { createSticky } from './sticky.ts'
import { createStickyHash } from './sticky-hash.ts'

/** Members behind a balancer. */
export interface Balanced {
  readonly handle: Handler
  readonly preview: Preview
}

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
): Balanced {
  const random = () => ports.random()
  const order = shuffled(members, random)
  if (strategy === 'p2c') {
    const choices = order.map((member) => new LoadedChoice(member, null))
    return answering(choices, createP2c(choices, random), sticky, around, ports)
  }
  if (strategy === 'leasttime') {
    const choices = order.map((member) => new LoadedChoice(member, ports.clock))
    return answering(choices, createLeastTime(choices), sticky, around, ports)
  }
  const choices = order.map((member) => new PlainChoice(member))
  return answering(choices, strategy === 'hrw' ? createHrw(choices) : createWrr(choices), sticky, around, ports)
}

function answering<C extends Choice>(
  choices: readonly C[],
  inner: Balancer<C>,
  sticky: StickyPlan | null,
  around: AroundPicks | null,
  { clock }: Pick<Ports, 'clock'>,
): Balanced {
  const balancer = around === null ? inner : around(inner)
  if (sticky === null) {
    return {
      handle: (request, cx) => {
        const choice = pick(balancer, choices, cx)
        return choice === null ? noAvailableServer() : choice.picked(request, cx)
      },
      preview: (_, cx) => idOf(balancer.peek(cx.client)),
    }
  }
  return 'header' in sticky
    ? byHash(sticky, choices, balancer)
    : byCookie(sticky, choices, balancer, () => clock.date())
}

const idOf = (choice: Choice | null | undefined): string | null | undefined => (choice === null ? null : choice?.id)

/** The balancer's pick; where that is one that an earlier attempt found unfit, another one if there is any. */
function pick<C extends Choice>(balancer: Balancer<C>, choices: readonly C[], cx: RequestContext): C | null {
  let choice = balancer.pick(cx.client)
  const { avoid } = cx.handling
  if (avoid === null) return choice
  for (let left = choices.length; left > 0 && choice !== null && avoid.has(choice.id); left--) {
    choice = balancer.pick(cx.client)
  }
  if (choice === null || !avoid.has(choice.id)) return choice
  return choices.find((other) => isAvailable(other) && !avoid.has(other.id)) ?? choice
}

function byCookie(
  plan: StickyCookiePlan,
  choices: readonly Choice[],
  balancer: Balancer<Choice>,
  now: () => Date,
): Balanced {
  const sticky = createSticky(plan, choices, now)
  const handle: Handler = (request, cx) => {
    const found = sticky.find(request)
    if (found !== null && !found.rewrite) return found.member.handle(request, cx)
    const choice = found?.member ?? pick(balancer, choices, cx)
    if (choice === null) return noAvailableServer()
    return andThen(found === null ? choice.picked(request, cx) : choice.handle(request, cx), (response) => {
      sticky.write(response, choice)
      return response
    })
  }
  return { handle, preview: (request, cx) => idOf(sticky.find(request)?.member ?? balancer.peek(cx.client)) }
}

/** Whoever says nothing to hash is the balancer's. */
function byHash({ header }: StickyHashPlan, choices: readonly Choice[], balancer: Balancer<Choice>): Balanced {
  const memberOf = createStickyHash(choices)
  const keyOf = (request: ProxyRequest, cx: RequestContext): string =>
    (header === null ? cx.client.address : request.headers.first(header)) ?? ''
  return {
    handle(request, cx) {
      const key = keyOf(request, cx)
      const choice = key === '' ? pick(balancer, choices, cx) : memberOf(key)
      return choice === null ? noAvailableServer() : choice.picked(request, cx)
    },
    preview(request, cx) {
      const key = keyOf(request, cx)
      return idOf(key === '' ? balancer.peek(cx.client) : memberOf(key))
    },
  }
}
