import type { Server } from './server.ts'

/** What of a server its ejection needs. */
export type Ejectable = Pick<Server, 'isHealthy' | 'isUp' | 'downSince'>

/**
 * Keeps servers in although they are unhealthy, so that at most a share of them is out: those that went down first.
 * Nothing is remembered here: who is out follows from the times.
 */
export function limitEjection(members: readonly Ejectable[], maxPercent: number): void {
  const places = Math.floor((members.length * maxPercent) / 100)
  for (const [at, member] of members.entries()) {
    member.isUp = () => member.isHealthy() || isBeyond(members, at, places)
  }
}

/** Whether `places` others went down before this one; of several at one time those that stand first. */
function isBeyond(members: readonly Ejectable[], at: number, places: number): boolean {
  const since = members[at]!.downSince
  let before = 0
  for (let i = 0; i < members.length && before < places; i++) {
    const other = members[i]!
    if (i === at || other.isHealthy()) continue
    const theirs = other.downSince
    if (theirs < since || (theirs === since && i < at)) before++
  }
  return before >= places
}
