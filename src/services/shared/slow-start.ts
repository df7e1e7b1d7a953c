import type { Ports } from '../../contracts/ports.ts'
import { type Balancer, type Candidate, isAvailable } from '../../engine/balancing/balancer.ts'

/** A member that may have come just now. */
export interface Newcomer extends Candidate {
  /** On the clock's scale. */
  readonly servingSince: number
  /** Fences it while a pick is made. */
  held: boolean
}

/** Stands around a balancer's picks. */
export type AroundPicks = <C extends Candidate>(balancer: Balancer<C>) => Balancer<C>

/** The share that a server begins with. */
const FLOOR = 0.1

/**
 * Gives servers that have just come less than their share, whatever the balancer: before each pick a coin is tossed for
 * each of them, and who loses is kept back from this pick. When nobody would be left all take part.
 * @param durationMs time in which the share grows from a tenth to the whole, in a straight line
 */
export function slowStart(
  members: readonly Newcomer[],
  durationMs: number,
  ports: Pick<Ports, 'clock' | 'random'>,
): AroundPicks {
  const release = () => {
    for (const member of members) member.held = false
  }
  const shareOf = ({ servingSince }: Newcomer, now: number): number =>
    Math.max(FLOOR, (now - servingSince) / durationMs)
  /** Whether somebody is kept back. */
  const toss = (): boolean => {
    const now = ports.clock.now()
    let held = 0
    let available = 0
    for (const member of members) {
      if (!isAvailable(member)) continue
      available++
      const share = shareOf(member, now)
      if (share >= 1 || ports.random() < share) continue
      member.held = true
      held++
    }
    if (held > 0 && held === available) release()
    return held > 0 && held < available
  }
  return (balancer) => ({
    peek(flow) {
      const now = ports.clock.now()
      const isStarting = members.some((member) => isAvailable(member) && shareOf(member, now) < 1)
      return isStarting ? undefined : balancer.peek(flow)
    },
    pick(flow) {
      if (!toss()) return balancer.pick(flow)
      const picked = balancer.pick(flow)
      release()
      return picked
    },
  })
}
