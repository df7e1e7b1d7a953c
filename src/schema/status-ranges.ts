import type { StatusRange } from '../http/status-range.ts'
import { PrepareError } from './element.ts'

/**
 * `404` or `500-599`: only the first two parts between dashes count, and a range backwards holds nothing (Traefik v3.7
 * `pkg/types/http_code_range.go`). Throws `PrepareError` with Go's text behind `context`.
 * @param after see `PrepareError`
 */
export function prepareStatusRanges(
  texts: readonly string[],
  context = '',
  after: readonly string[] = [],
): StatusRange[] {
  return texts.map((text) => {
    const [low = '', high = low] = text.split('-')
    return [parseStatus(low, context, after), parseStatus(high, context, after)]
  })
}

function parseStatus(text: string, context: string, after: readonly string[]): number {
  if (!/^\+?\d+$/.test(text)) {
    throw new PrepareError(`${context}strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`, after)
  }
  const status = Number(text)
  if (Number.isSafeInteger(status)) return status
  throw new PrepareError(`${context}strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`, after)
}
