/** First and last status of a range, both included. */
export type StatusRange = readonly [low: number, high: number]

/** Whether a status is in one of the ranges. */
export function inRanges(status: number, ranges: readonly StatusRange[]): boolean {
  for (const [low, high] of ranges) if (status >= low && status <= high) return true
  return false
}
