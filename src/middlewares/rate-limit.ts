import { andThen } from '../http/maybe-promise.ts'
import { errorReply, phraseReply } from '../http/replies.ts'
import type { ProxyResponse } from '../http/response.ts'
import { defineMiddleware } from '../kinds/kinds.ts'
import { goDuration } from './go-duration.ts'
import { createSource, type SourceConfig } from './source-criterion.ts'
import { MemoryTokenStore, type TokenBucket } from './token-bucket.ts'
import { wait } from './wait.ts'

export interface RateLimitConfig {
  /** Null: no limit. */
  readonly bucket: TokenBucket | null
  readonly source: SourceConfig
}

const MAX_BUCKETS = 65_536

/** Limits how many requests a source sends in a time (Traefik v3.7 `pkg/middlewares/ratelimiter`). */
export const rateLimit = defineMiddleware<RateLimitConfig>({
  build: ({ bucket, source }, { name, ports }) => {
    if (bucket === null) return (next) => next
    const sourceOf = createSource(source)
    const store = new MemoryTokenStore(MAX_BUCKETS)
    const { clock } = ports
    return (next) => (request, cx) =>
      andThen(store.takeTokens(`${name}:${sourceOf(request, cx)}`, bucket, clock.now()), ({ granted, waitMs }) => {
        if (!granted) return tooMany(waitMs)
        if (waitMs === 0) return next(request, cx)
        return wait(clock, waitMs, cx).then((waited) =>
          waited ? next(request, cx) : errorReply(500, 'context canceled'),
        )
      })
  },
})

function tooMany(waitMs: number): ProxyResponse {
  const reply = phraseReply(429)
  reply.headers.append('Retry-After', String(Math.ceil(waitMs / 1000)))
  reply.headers.append('X-Retry-In', goDuration(waitMs))
  return reply
}
