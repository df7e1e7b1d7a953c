import { defineMiddleware } from '../../contracts/kinds.ts'
import type { TokenBucket, TokenGrant } from '../../contracts/token-store.ts'
import { MemoryTokenStore } from '../../engine/tokens/memory-token-store.ts'
import { errorReply, phraseReply } from '../../http/replies.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { RedisPlan } from '../../plan/redis.ts'
import { createSource, type SourceConfig } from '../shared/source-criterion.ts'
import { wait } from '../shared/wait.ts'
import { goDuration } from './go-duration.ts'

export interface RateLimitConfig {
  /** Null: no limit. */
  readonly bucket: TokenBucket | null
  readonly source: SourceConfig
  /**
   * Whether all routers that name the middleware share its buckets; else each has its own. Through Redis they always
   * do.
   */
  readonly shared: boolean
  /** Where the buckets are that several proxies share; absent: where the platform keeps them, or in memory. */
  readonly redis?: RedisPlan
}

const MAX_BUCKETS = 65_536
const UNAVAILABLE = 'Could not insert/update bucket'

/** Limits how many requests a source sends in a time (Traefik v3.7 `pkg/middlewares/ratelimiter`). */
export const rateLimit = defineMiddleware<RateLimitConfig>({
  build: ({ bucket, source, shared, redis }, { name, user, ports, open, once }) => {
    if (bucket === null) return (next) => next
    const sourceOf = createSource(source)
    const inMemory = () => new MemoryTokenStore(MAX_BUCKETS)
    const local = () => ports.tokenStores?.common ?? (shared ? once(inMemory) : inMemory())
    const store = redis === undefined ? local() : open('tokenStore', redis)
    const owner = redis !== undefined || shared ? name : `${user} ${name}`
    const { clock, log } = ports

    const failed = (cause: unknown): ProxyResponse => {
      const reason = cause instanceof Error ? cause.message : String(cause)
      log.log('error', UNAVAILABLE, { middlewareName: name, reason })
      return errorReply(500, UNAVAILABLE)
    }

    return (next) => (request, cx) => {
      const decide = ({ granted, waitMs }: TokenGrant) => {
        if (!granted) return tooMany(waitMs)
        if (waitMs === 0) return next(request, cx)
        return wait(clock, waitMs, cx).then((waited) =>
          waited ? next(request, cx) : errorReply(500, 'context canceled'),
        )
      }
      const grant = store.takeTokens(`${owner}:${sourceOf(request, cx)}`, bucket, clock.now())
      return grant instanceof Promise ? grant.then(decide, failed) : decide(grant)
    }
  },
})

function tooMany(waitMs: number): ProxyResponse {
  const reply = phraseReply(429)
  reply.headers.append('Retry-After', String(Math.ceil(waitMs / 1000)))
  reply.headers.append('X-Retry-In', goDuration(waitMs))
  return reply
}
