import { type Balancer, isAvailable, type LoadedCandidate } from './balancer.ts'

/**
 * Power of two choices (Traefik v3.7 pkg/server/service/loadbalancer/p2c): of two different available candidates, drawn
 * at random, the one with fewer requests in flight. Weights don't count.
 * @param random uniform in [0, 1)
 */
export function createP2c<C extends LoadedCandidate>(candidates: readonly C[], random: () => number): Balancer<C> {
  const nth = (at: number): C | null => {
    let left = at
    for (const candidate of candidates) if (isAvailable(candidate) && left-- === 0) return candidate
    return null
  }
  const countAvailable = (): number => {
    let available = 0
    for (const candidate of candidates) if (isAvailable(candidate)) available++
    return available
  }
  return {
    peek: () => (countAvailable() < 2 ? nth(0) : undefined),
    pick() {
      const available = countAvailable()
      if (available < 2) return nth(0)
      const first = Math.floor(random() * available)
      const drawn = Math.floor(random() * available)
      const a = nth(first)
      const b = nth(drawn === first ? (first + 1) % available : drawn)
      return a === null || b === null || a.inFlight <= b.inFlight ? a : b
    },
  }
}
