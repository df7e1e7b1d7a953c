import { type Balancer, type Candidate, type Flow, isAvailable } from './balancer.ts'
import { Fnv1a } from './fnv1a.ts'

/**
 * Highest random weight (Traefik v3.7 pkg/server/service/loadbalancer/hrw): every client address has an order of its
 * own over the candidates, from a hash of address and name. Whoever goes takes only its own clients along.
 */
export function createHrw<C extends Candidate>(candidates: readonly C[]): Balancer<C> {
  const encoder = new TextEncoder()
  const names = candidates.map((candidate) => encoder.encode(candidate.id))
  const client = new Fnv1a()
  const hash = new Fnv1a()

  const pick = ({ address }: Flow): C | null => {
    client.reset()
    client.ascii(address)
    let best: C | null = null
    let highest = 0
    for (let i = 0; i < candidates.length; i++) {
      const candidate = candidates[i]!
      if (!isAvailable(candidate)) continue
      hash.startFrom(client)
      hash.bytes(names[i]!)
      const score = candidate.weight / -Math.log(hash.value / 2 ** 64)
      if (best !== null && score <= highest) continue
      best = candidate
      highest = score
    }
    return best
  }
  return { pick, peek: pick }
}
