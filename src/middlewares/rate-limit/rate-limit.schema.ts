import * as z from 'zod'
import type { TokenBucket } from '../../contracts/token-store.ts'
import { durationMs, formatDuration, parseDuration } from '../../schema/duration.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { duration, integer, text } from '../../schema/scalars.ts'
import { scopeOption, sharesState } from '../shared/scope-option.schema.ts'
import { prepareSource, sourceCriterionOptions } from '../shared/source-criterion.schema.ts'
import type { RateLimitConfig } from './rate-limit.ts'
import { prepareRedis, redisOptions } from './redis-option.schema.ts'

/** Options of `rateLimit`. */
export const rateLimitElement = defineElement({
  schema: z
    .strictObject({
      average: integer().optional().describe('Requests per period that a source may send on average; 0: no limit.'),
      period: duration().default('1s').describe('Time that `average` is about.'),
      burst: integer().default(1).describe('Requests that may come at once.'),
      sourceCriterion: sourceCriterionOptions
        .optional()
        .describe('Which requests are counted together. Without it: those of one client address.'),
      scope: scopeOption(),
      onStateError: text()
        .optional()
        .meta({ ours: true })
        .describe(
          'When the shared counts can\u2019t be reached: `local` counts in this process, `deny` refuses with 500. By default `local`, and `deny` with `redis`.',
        ),
      redis: redisOptions.optional().describe('Share the counts over several proxies.'),
    })
    .meta({ typeName: '*dynamic.RateLimit' })
    .describe('Limits how many requests a source may send in a time.'),
  prepare(
    { average = 0, period, burst, sourceCriterion, scope: stateScope, onStateError, redis },
    scope,
  ): RateLimitConfig {
    const source = prepareSource(sourceCriterion, { by: 'address', ipStrategy: null }, 'getting source extractor: ')
    const periodNs = parseDuration(period)
    if (periodNs < 0n) throw new PrepareError(`negative value not valid for period: ${formatDuration(periodNs)}`)
    return {
      source,
      shared: sharesState(stateScope),
      ...(onStateError === undefined ? {} : { onStateError: prepareOnError(onStateError) }),
      bucket: average <= 0 ? null : prepareBucket(average, durationMs(period) || 1000, burst),
      ...(redis === undefined ? {} : { redis: prepareRedis(redis, scope) }),
    }
  },
})

function prepareOnError(text: string): NonNullable<RateLimitConfig['onStateError']> {
  if (text === 'local' || text === 'deny') return text
  throw new PrepareError(`unsupported onStateError "${text}": local or deny`)
}

/** Traefik v3.7 `pkg/middlewares/ratelimiter/rate_limiter.go`. */
function prepareBucket(average: number, periodMs: number, burst: number): TokenBucket {
  const rate = average / periodMs
  const perSecond = rate * 1000
  return {
    rate,
    burst: Math.max(1, burst),
    maxDelayMs: perSecond < 1 ? 500 : 1000 / (Math.floor(perSecond) * 2),
    idleMs: perSecond >= 1 ? 2000 : (1 + Math.floor(1 / perSecond)) * 1000,
  }
}
