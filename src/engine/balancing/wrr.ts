import { type Balancer, type Candidate, isAvailable } from './balancer.ts'

/**
 * Weighted round robin, earliest deadline first (Traefik v3.7 pkg/server/service/loadbalancer/wrr). Member i's
 * deadlines are 1/wᵢ, 2/wᵢ, 3/wᵢ …; a pick takes the smallest. They are kept as the integer numerators, so shares are
 * exact over every multiple of the sum of the weights.
 * @param mayTake whether a candidate may get the next pick; by default whoever is up and not fenced
 */
export function createWrr<C extends Candidate>(
  candidates: readonly C[],
  mayTake: (candidate: C) => boolean = isAvailable,
): Balancer<C> & { pick(): C | null; peek(): C | null } {
  const members = candidates.map((candidate) => ({ candidate, turn: 1, pickedAt: 0 }))
  let picks = 0
  const next = () => {
    let best: (typeof members)[number] | null = null
    for (const member of members) {
      if (mayTake(member.candidate) && (best === null || isBefore(member, best))) best = member
    }
    return best
  }

  return {
    peek: () => next()?.candidate ?? null,
    pick() {
      const best = next()
      if (best === null) return null
      // Whoever is down moves on as if it had been picked: after a recovery nothing is caught up.
      for (const member of members) {
        if (member !== best && isBefore(member, best) && !mayTake(member.candidate)) {
          member.turn = Math.floor((best.turn * member.candidate.weight) / best.candidate.weight) + 1
        }
      }
      best.turn++
      best.pickedAt = ++picks
      return best.candidate
    },
  }
}

interface Member {
  readonly candidate: Candidate
  readonly turn: number
  readonly pickedAt: number
}

/** Deadlines compared as fractions; of equal ones the member that has waited longest. */
function isBefore(a: Member, b: Member): boolean {
  const left = a.turn * b.candidate.weight
  const right = b.turn * a.candidate.weight
  return left === right ? a.pickedAt < b.pickedAt : left < right
}
