import { fitsInt64, parseFloat64, parseInteger } from '../number-syntax.ts'
import type { Value } from '../values.ts'

/** How Sprig makes numbers of anything (`github.com/spf13/cast`): what is none counts as 0. */

/** What processors make of a float that is no integer of 64 bits. */
const OUT_OF_RANGE = -(2n ** 63n)

export function toInt64(value: Value): bigint {
  if (value === null) return 0n
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'string') {
    const int = parseInteger(withoutZeroDecimals(value))
    return int !== null && fitsInt64(int) ? int : 0n
  }
  if (value.kind === 'int') return value.type === 'time.Duration' ? 0n : BigInt.asIntN(64, value.value)
  if (value.kind !== 'float') return 0n
  const int = Number.isFinite(value.value) ? BigInt(Math.trunc(value.value)) : OUT_OF_RANGE
  return fitsInt64(int) ? int : OUT_OF_RANGE
}

/** `1.00` is 1; `1.5` is no integer. */
const withoutZeroDecimals = (text: string): string => text.replace(/\.0+$/, '')

export function toFloat64(value: Value): number {
  if (value === null) return 0
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string') return parseFloat64(value) ?? 0
  if (value.kind === 'int') return value.type === 'time.Duration' ? 0 : Number(value.value)
  return value.kind === 'float' ? value.value : 0
}
