import type { ServerStanding } from '../../../contracts/operator.ts'
import type { UdpLoadBalancerPlan, UdpServerPlan, UdpWeightedPlan } from '../../../plan/udp.ts'
import { shuffled } from '../../balancing/shuffled.ts'
import { createWrr } from '../../balancing/wrr.ts'

/** Picks a server for each session of a UDP entry point; null: none can take it. */
export interface UdpTable {
  pick(): UdpServerPlan | null
}

/**
 * Servers that take turns (Traefik v3.7 `pkg/server/service/udp`).
 * @param standingOf a drained server gets no new sessions
 */
export function createUdpLoadBalancer(
  { servers }: UdpLoadBalancerPlan,
  standingOf: (server: UdpServerPlan) => ServerStanding,
  random: () => number,
): UdpTable {
  const turns = createWrr(
    shuffled(
      servers.map((server) => candidate(server.address, 1, server, standingOf(server))),
      random,
    ),
  )
  return { pick: () => turns.pick()?.value ?? null }
}

/** Services that share sessions by weight. */
export function createUdpWeighted(
  { members }: UdpWeightedPlan,
  service: (name: string) => UdpTable,
  random: () => number,
): UdpTable {
  const children = members.map((member) => candidate(member.id, member.weight, service(member.service), SERVICE))
  const turns = createWrr(
    shuffled(
      children.filter(({ weight }) => weight > 0),
      random,
    ),
  )
  return { pick: () => turns.pick()?.value.pick() ?? null }
}

const SERVICE: ServerStanding = { drained: false, joinedAt: null }

const candidate = <T>(id: string, weight: number, value: T, standing: ServerStanding) => ({
  id,
  weight,
  get fenced() {
    return standing.drained
  },
  isUp,
  value,
})

const isUp = (): boolean => true
