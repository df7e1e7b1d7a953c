import { createIpMatcher } from '../../../http/ip.ts'
import type { TcpMiddlewarePlan } from '../../../plan/tcp.ts'

/** Lets connections in: what to call when one is over, or null when it must be closed. */
export type Admission = (clientAddress: string) => (() => void) | null

const nothing = (): void => {
  // Not every middleware counts.
}

/** A TCP middleware. Each call makes a fresh one: counts belong to the router that names it. */
export function createAdmission(config: NonNullable<TcpMiddlewarePlan['config']>): Admission {
  if (config.kind === 'inFlightConn') return inFlightConn(config.amount)
  const allowed = createIpMatcher(config.sourceRange)
  return (address) => (allowed.contains(address) ? nothing : null)
}

/** So many connections at once from one address; the others are closed. */
function inFlightConn(amount: number): Admission {
  const open = new Map<string, number>()
  return (address) => {
    const count = open.get(address) ?? 0
    if (count >= amount) return null
    open.set(address, count + 1)
    return () => {
      const left = (open.get(address) ?? 1) - 1
      if (left > 0) open.set(address, left)
      else open.delete(address)
    }
  }
}

/** Several in a row, the first one outermost. */
export function admitThrough(admissions: readonly Admission[]): Admission {
  if (admissions.length === 0) return () => nothing
  if (admissions.length === 1) return admissions[0]!
  return (address) => {
    const admitted: (() => void)[] = []
    const release = () => {
      for (const end of admitted) end()
    }
    for (const admission of admissions) {
      const end = admission(address)
      if (end === null) {
        release()
        return null
      }
      admitted.push(end)
    }
    return release
  }
}
