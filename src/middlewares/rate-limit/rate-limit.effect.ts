import { goesOn, type TellEffect } from '../../contracts/effect.ts'
import { sourceText } from '../shared/source-text.ts'
import type { RateLimitConfig } from './rate-limit.ts'

/** No token is taken, so what is left in the bucket is not known. */
export const rateLimitEffect: TellEffect<RateLimitConfig> = ({ bucket, source, redis }) => {
  if (bucket === null) return goesOn('has no limit')
  const where = redis === undefined ? '' : ', counted in Redis'
  const pace = `${bucket.burst} at once, then ${Number((bucket.rate * 1000).toPrecision(4))} a second`
  return goesOn(`takes a token of the bucket for each ${sourceText(source)} (${pace})${where}: 429 when there is none`)
}
