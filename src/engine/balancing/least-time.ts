import { type Balancer, isAvailable, type TimedCandidate } from './balancer.ts'
import { createWrr } from './wrr.ts'

/**
 * Least time (Traefik v3.7 pkg/server/service/loadbalancer/leasttime): the lowest latency × (1 + in flight) / weight.
 * Whoever has not been measured counts as 0, so everyone is tried; equal scores are settled by weighted round robin.
 */
export function createLeastTime<C extends TimedCandidate>(candidates: readonly C[]): Balancer<C> {
  let lowest = 0
  const ties = createWrr(candidates, (candidate) => isAvailable(candidate) && scoreOf(candidate) === lowest)

  /** Null: several are equal. */
  const lowestOne = (): C | null => {
    let best: C | null = null
    let equal = 0
    for (const candidate of candidates) {
      if (!isAvailable(candidate)) continue
      const score = scoreOf(candidate)
      if (best === null || score < lowest) {
        best = candidate
        lowest = score
        equal = 1
      } else if (score === lowest) equal++
    }
    return equal > 1 ? null : best
  }
  return { pick: () => lowestOne() ?? ties.pick(), peek: () => lowestOne() ?? ties.peek() }
}

const scoreOf = ({ latencyMs, inFlight, weight }: TimedCandidate): number => (latencyMs * (1 + inFlight)) / weight
