import { ValueFault } from './route-scope.ts'
import type { MirrorFilter } from './specs.ts'

/** The share of requests that a mirror sees, 0 to 100. Throws `ValueFault`. @param field of the filter */
export function percentOf({ percent, fraction }: MirrorFilter, field: string): number {
  if (percent !== undefined) return inRange(percent, `${field}.percent`)
  if (fraction === undefined) return 100
  const { numerator, denominator } = fraction
  if (denominator <= 0) throw new ValueFault('the denominator must be greater than 0', `${field}.fraction.denominator`)
  return inRange((numerator / denominator) * 100, `${field}.fraction`)
}

function inRange(percent: number, field: string): number {
  if (percent >= 0 && percent <= 100) return percent
  throw new ValueFault('the share of requests must be between 0 and all', field)
}
