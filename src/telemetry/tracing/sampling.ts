import type { TraceParent } from './parent.ts'

/** Says whether a trace is recorded. */
export type Sampler = (traceId: string, parent: TraceParent | null) => boolean

/**
 * OpenTelemetry's parent-based sampler over a share of all trace identifiers: whoever began the trace decides, and of
 * those that begin here every process takes the same ones.
 * @param rate 0 to 1
 */
export function samplerOf(rate: number): Sampler {
  const isIn = shareOf(rate)
  return (traceId, parent) => (parent === null ? isIn(traceId) : parent.isSampled)
}

function shareOf(rate: number): (traceId: string) => boolean {
  if (rate >= 1) return () => true
  if (!(rate > 0)) return () => false
  const bound = BigInt(Math.floor(rate * 2 ** 63))
  return (traceId) => BigInt(`0x${traceId.slice(16)}`) >> 1n < bound
}
