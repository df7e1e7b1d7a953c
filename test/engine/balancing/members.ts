import type { TimedCandidate } from '../../../src/engine/balancing/balancer.ts'

/** A candidate that a test moves. */
export interface TestMember extends TimedCandidate {
  up: boolean
  inFlight: number
  latencyMs: number
}

export const member = (id: string, weight = 1): TestMember => ({
  id,
  weight,
  fenced: false,
  inFlight: 0,
  latencyMs: 0,
  up: true,
  isUp() {
    return this.up
  },
})

/** A repeatable source of numbers in [0, 1): a linear congruential generator. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
