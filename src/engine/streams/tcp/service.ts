import type { ServerStanding } from '../../../contracts/operator.ts'
import type { TcpLoadBalancerPlan, TcpTransportPlan, TcpWeightedPlan } from '../../../plan/tcp.ts'
import { isAvailable } from '../../balancing/balancer.ts'
import { shuffled } from '../../balancing/shuffled.ts'
import { createWrr } from '../../balancing/wrr.ts'
import type { TcpTarget } from './decision.ts'

/** Something that picks a server for each connection. */
export interface TcpService {
  /** Null: no server can take it. */
  pick(): TcpTarget | null
  isUp(): boolean
  /** Whether a parent can follow its health. */
  readonly isChecked: boolean
  /** State of each server by address, for the API; null where it has none of its own. */
  readonly servers: (() => Readonly<Record<string, 'UP' | 'DOWN'>>) | null
}

/**
 * Servers that take turns (Traefik v3.7 `pkg/server/service/tcp`).
 * @param isUp tells the health of a server, which is asked at each pick
 * @param standingOf a drained server gets no new connections
 */
export function createLoadBalancer(
  targets: readonly TcpTarget[],
  isUp: ((target: TcpTarget) => boolean) | null,
  standingOf: (target: TcpTarget) => ServerStanding,
  random: () => number,
): TcpService {
  const members = targets.map((target) => {
    const standing = standingOf(target)
    return {
      id: target.address,
      weight: 1,
      get fenced() {
        return standing.drained
      },
      target,
      isUp: isUp === null ? always : () => isUp(target),
    }
  })
  const turns = createWrr(shuffled(members, random))
  return {
    pick: () => turns.pick()?.target ?? null,
    isUp: () => members.some(isAvailable),
    isChecked: isUp !== null,
    servers: () => Object.fromEntries(members.map((member) => [member.id, member.isUp() ? 'UP' : 'DOWN'])),
  }
}

/** Services that share connections by weight. */
export function createWeighted(
  plan: TcpWeightedPlan,
  service: (member: TcpWeightedPlan['members'][number]) => TcpService,
  random: () => number,
): TcpService {
  const members = plan.members.map((member) => {
    const child = service(member)
    return {
      id: member.id,
      weight: member.weight,
      fenced: false,
      child,
      isUp: plan.healthCheck ? () => child.isUp() : always,
    }
  })
  const weighty = members.filter((member) => member.weight > 0)
  const turns = createWrr(shuffled(weighty, random))
  return {
    pick: () => turns.pick()?.child.pick() ?? null,
    isUp: () => weighty.some((member) => member.isUp()),
    isChecked: plan.healthCheck,
    servers: null,
  }
}

const always = (): boolean => true

/** The servers of a load balancer with the way to them. */
export function targetsOf(plan: TcpLoadBalancerPlan, transport: TcpTransportPlan): readonly TcpTarget[] {
  const way = plan.override === null ? transport : { ...transport, ...plan.override }
  return plan.servers.map((server) => ({ ...server, transport: way }))
}
