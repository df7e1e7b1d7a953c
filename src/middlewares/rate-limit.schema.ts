import * as z from 'zod'
import { durationMs, formatDuration, parseDuration } from '../schema/duration.ts'
import { defineElement, PrepareError } from '../schema/element.ts'
import { duration, integer, text, texts } from '../schema/scalars.ts'
import type { RateLimitConfig } from './rate-limit.ts'
import { prepareSource, sourceCriterionOptions } from './source-criterion.schema.ts'
import { tlsClientFields } from './tls-client-option.schema.ts'
import type { TokenBucket } from './token-bucket.ts'

const redisOptions = z
  .strictObject({
    endpoints: texts().default(['localhost:6379']).describe('Addresses of the servers.'),
    tls: z.strictObject(tlsClientFields).optional().describe('TLS to the servers.'),
    username: text().optional().describe('User.'),
    password: text().optional().describe('Password.'),
    db: integer().optional().describe('Number of the database.'),
    poolSize: integer().optional().describe('Connections; 0: ten per processor.'),
    minIdleConns: integer().optional().describe('Idle connections that are kept.'),
    maxActiveConns: integer().optional().describe('Limit of connections; 0: none.'),
    readTimeout: duration().default('3s').describe('Limit for reads.'),
    writeTimeout: duration().default('3s').describe('Limit for writes.'),
    dialTimeout: duration().default('5s').describe('Limit for connecting.'),
  })
  .meta({ typeName: '*dynamic.Redis' })

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
      redis: redisOptions.optional().describe('Share the counts over several proxies. Not available yet.'),
    })
    .meta({ typeName: '*dynamic.RateLimit' })
    .describe('Limits how many requests a source may send in a time.'),
  prepare({ average = 0, period, burst, sourceCriterion, redis }): RateLimitConfig {
    const source = prepareSource(sourceCriterion, { by: 'address', ipStrategy: null }, 'getting source extractor: ')
    const periodNs = parseDuration(period)
    if (periodNs < 0n) throw new PrepareError(`negative value not valid for period: ${formatDuration(periodNs)}`)
    if (redis !== undefined) throw new PrepareError('redis is not available yet')
    return { source, bucket: average <= 0 ? null : prepareBucket(average, durationMs(period) || 1000, burst) }
  },
})

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
