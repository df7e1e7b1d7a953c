import { type Candidate, isAvailable } from '../../engine/balancing/balancer.ts'
import { Fnv1a } from '../../engine/balancing/fnv1a.ts'

/** Characters of a key that count: a long one must not cost more. */
const MAX_KEY = 4096

/**
 * Binds keys to members by highest random weight: each key has an order of its own over the members, by hashes that
 * their weights bend, and the first available one takes it. Who goes moves only its own keys.
 */
export function createStickyHash<C extends Candidate>(members: readonly C[]): (key: string) => C | null {
  const encoder = new TextEncoder()
  const hash = new Fnv1a()
  const seeds = members.map(({ id }) => {
    hash.reset()
    hash.bytes(encoder.encode(id))
    return mixed(hash.hi ^ mixed(hash.lo))
  })
  return (key) => {
    hash.reset()
    hash.ascii(key.length > MAX_KEY ? key.slice(0, MAX_KEY) : key)
    const { hi, lo } = hash
    let best: C | null = null
    let highest = 0
    for (let i = 0; i < members.length; i++) {
      const member = members[i]!
      if (!isAvailable(member)) continue
      const uniform = (mixed(hi ^ mixed(lo ^ seeds[i]!)) + 0.5) / 2 ** 32
      const score = member.weight / -Math.log(uniform)
      if (best !== null && score <= highest) continue
      best = member
      highest = score
    }
    return best
  }
}

/**
 * A whole number of 32 bits in which every bit of `word` counts for every bit: FNV alone leaves names that differ at
 * their end close.
 */
function mixed(word: number): number {
  let bits = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
