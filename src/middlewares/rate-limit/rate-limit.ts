import { defineMiddleware } from '../../contracts/kinds.ts'
import type { TokenBucket, TokenGrant } from '../../contracts/token-store.ts'
import { MemoryTokenStore } from '../../engine/tokens/memory-token-store.ts'
import { errorReply, phraseReply } from '../../http/replies.ts'
import type { RequestContext } from '../../http/request-context.ts'
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
  /** What is done when shared buckets can't be reached; absent: `deny` through Redis, as in Traefik, else `local`. */
  readonly onStateError?: 'local' | 'deny'
  /** Where the buckets are that several proxies share; absent: where the platform keeps them, or in memory. */
  readonly redis?: RedisPlan
}

const MAX_BUCKETS = 65_536
const UNAVAILABLE = 'Could not insert/update bucket'

/** Limits how many requests a source sends in a time (Traefik v3.7 `pkg/middlewares/ratelimiter`). */
export const rateLimit = defineMiddleware<RateLimitConfig>({
  build: ({ bucket, source, shared, onStateError, redis }, { name, user, ports, open, once }) => {
    if (bucket === null) return (next) => next
    const sourceOf = createSource(source)
    const inMemory = () => new MemoryTokenStore(MAX_BUCKETS)
    const local = () => (shared ? once(inMemory) : inMemory())
    const elsewhere = redis === undefined ? (ports.tokenStores?.common ?? null) : open('tokenStore', redis)
    const store = elsewhere ?? local()
    const isForgiving = (onStateError ?? (redis === undefined ? 'local' : 'deny')) === 'local'
    const spare = elsewhere !== null && isForgiving ? local() : null
    let isSpare = false
    const owner = redis !== undefined || shared ? name : `${user} ${name}`
    const { clock, log } = ports

    const failed = (cause: unknown, { record }: RequestContext): ProxyResponse => {
      record.span?.fail(UNAVAILABLE)
      log.log('error', UNAVAILABLE, { middlewareName: name, reason: reasonOf(cause) })
      return errorReply(500, UNAVAILABLE)
    }

    /** Counts here what is counted together otherwise; says so once. */
    const countHere = (key: string, cause: unknown, counts: MemoryTokenStore): TokenGrant => {
      if (!isSpare) log.log('warn', `${UNAVAILABLE}: counting here`, { middlewareName: name, reason: reasonOf(cause) })
      isSpare = true
      return counts.takeTokens(key, bucket, clock.now())
    }

    return (next) => (request, cx) => {
      const decide = ({ granted, waitMs }: TokenGrant) => {
        if (!granted) return tooMany(waitMs)
        if (waitMs === 0) return next(request, cx)
        return wait(clock, waitMs, cx).then((waited) => {
          if (waited) return next(request, cx)
          cx.record.span?.fail('Context canceled')
          return errorReply(500, 'context canceled')
        })
      }
      const key = `${owner}:${sourceOf(request, cx)}`
      const grant = store.takeTokens(key, bucket, clock.now())
      if (!(grant instanceof Promise)) return decide(grant)
      if (spare === null) return grant.then(decide, (cause: unknown) => failed(cause, cx))
      const heard = (found: TokenGrant) => {
        isSpare = false
        return decide(found)
      }
      return grant.then(heard, (cause: unknown) => decide(countHere(key, cause, spare)))
    }
  },
})

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

function tooMany(waitMs: number): ProxyResponse {
  const reply = phraseReply(429)
  reply.headers.append('Retry-After', String(Math.ceil(waitMs / 1000)))
  reply.headers.append('X-Retry-In', goDuration(waitMs))
  return reply
}
