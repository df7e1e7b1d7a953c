import { shuffled } from '../balancing/balancer.ts'
import { createWrr } from '../balancing/wrr.ts'
import type { UdpLoadBalancerPlan, UdpServerPlan, UdpWeightedPlan } from '../plan/udp.ts'

/** Picks a server for each session of a UDP entry point; null: none can take it. */
export interface UdpTable {
  pick(): UdpServerPlan | null
}

/** Servers that take turns (Traefik v3.7 `pkg/server/service/udp`). */
export function createUdpLoadBalancer({ servers }: UdpLoadBalancerPlan, random: () => number): UdpTable {
  const turns = createWrr(
    shuffled(
      servers.map((server) => candidate(server.address, 1, server)),
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
  const children = members.map((member) => candidate(member.id, member.weight, service(member.service)))
  const turns = createWrr(
    shuffled(
      children.filter(({ weight }) => weight > 0),
      random,
    ),
  )
  return { pick: () => turns.pick()?.value.pick() ?? null }
}

const candidate = <T>(id: string, weight: number, value: T) => ({ id, weight, fenced: false, isUp, value })

const isUp = (): boolean => true
