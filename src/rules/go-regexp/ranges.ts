/** A set of code points as a flat list of pairs (first, last): ascending, not touching. */
export type Ranges = readonly number[]

export const MAX_CODE_POINT = 0x10ffff

/** Brings pairs of any order and overlap into the form of `Ranges`. */
export function normalizeRanges(pairs: readonly number[]): Ranges {
  const sorted: [number, number][] = []
  for (let i = 0; i < pairs.length; i += 2) sorted.push([pairs[i]!, pairs[i + 1]!])
  sorted.sort((a, b) => a[0] - b[0])
  const out: number[] = []
  for (const [first, last] of sorted) {
    if (out.length > 0 && first <= out[out.length - 1]! + 1) {
      out[out.length - 1] = Math.max(out[out.length - 1]!, last)
    } else out.push(first, last)
  }
  return out
}

export function negateRanges(ranges: Ranges): Ranges {
  const out: number[] = []
  let next = 0
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i]! > next) out.push(next, ranges[i]! - 1)
    next = ranges[i + 1]! + 1
  }
  if (next <= MAX_CODE_POINT) out.push(next, MAX_CODE_POINT)
  return out
}

export function inRanges(ranges: Ranges, point: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) if (point <= ranges[i + 1]!) return point >= ranges[i]!
  return false
}

/** Whether no two of the sets share a code point. */
export function pairwiseDisjoint(sets: readonly Ranges[]): boolean {
  const pairs: [number, number][] = []
  for (const set of sets) for (let i = 0; i < set.length; i += 2) pairs.push([set[i]!, set[i + 1]!])
  pairs.sort((a, b) => a[0] - b[0])
  for (let i = 1; i < pairs.length; i++) if (pairs[i]![0] <= pairs[i - 1]![1]) return false
  return true
}

/**
 * Go reads text as UTF-8 and sees U+FFFD for every byte that is none; our texts hold such bytes as lone surrogates.
 * So a set has the surrogates exactly when it has U+FFFD.
 */
export function withInvalidBytes(ranges: Ranges): Ranges {
  const kept: number[] = []
  for (let i = 0; i < ranges.length; i += 2) {
    const first = ranges[i]!
    const last = ranges[i + 1]!
    if (first < 0xd800) kept.push(first, Math.min(last, 0xd7ff))
    if (last > 0xdfff) kept.push(Math.max(first, 0xe000), last)
  }
  if (inRanges(ranges, 0xfffd)) kept.push(0xd800, 0xdfff)
  return normalizeRanges(kept)
}
