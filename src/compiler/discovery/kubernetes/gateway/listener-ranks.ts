import type { Listener } from './listener.ts'

/** Above every priority of a TLSRoute: host names have at most 253 characters. */
export const RANK_STEP = 1000

/** Ranks of TLS listeners, by entry point and host name. */
export type ListenerRanks = ReadonlyMap<string, number>

/**
 * A server name belongs to the narrowest listener of its entry point that is for it, and routes of others don't count,
 * whatever their host names (listener isolation of the Gateway API). Where there is one host name there are no ranks.
 */
export function ranksOf(listeners: readonly Listener[]): ListenerRanks {
  const byEntryPoint = new Map<string, Set<string>>()
  for (const { protocol, isServed, entryPoint, hostname } of listeners) {
    if (protocol !== 'TLS' || !isServed) continue
    const known = byEntryPoint.get(entryPoint) ?? new Set()
    known.add(hostname ?? '')
    byEntryPoint.set(entryPoint, known)
  }
  const ranks = new Map<string, number>()
  for (const [entryPoint, hostnames] of byEntryPoint) {
    if (hostnames.size < 2) continue
    for (const hostname of hostnames) ranks.set(keyOf(entryPoint, hostname), rankOf(hostname))
  }
  return ranks
}

/** 0: it comes last, or there is no other one. */
export const rankIn = (ranks: ListenerRanks, { protocol, entryPoint, hostname }: Listener): number =>
  protocol === 'TLS' ? (ranks.get(keyOf(entryPoint, hostname ?? '')) ?? 0) : 0

const keyOf = (entryPoint: string, hostname: string): string => `${entryPoint} ${hostname}`

/** Of two that are for one name the narrower one has the higher rank. */
function rankOf(hostname: string): number {
  if (hostname === '') return 0
  const labels = hostname.split('.').length
  return hostname.startsWith('*.') ? labels * 2 : labels * 2 + 1
}
