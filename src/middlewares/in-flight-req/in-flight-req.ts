import { defineMiddleware } from '../../contracts/kinds.ts'
import { Fields } from '../../http/fields.ts'
import { ProxyResponse } from '../../http/response.ts'
import { createSource, type SourceConfig } from '../shared/source-criterion.ts'

export interface InFlightReqConfig {
  /** Requests under way of one source; 0 or less refuses everything. */
  readonly amount: number
  readonly source: SourceConfig
  /** Whether all routers that name the middleware count together; else each counts for itself. */
  readonly shared: boolean
}

/**
 * Limits requests under way per source, each until its exchange is over (Traefik v3.7 `pkg/middlewares/inflightreq`).
 * Counts live in this process or isolate.
 */
export const inFlightReq = defineMiddleware<InFlightReqConfig>({
  build: ({ amount, source, shared }, { once }) => {
    const sourceOf = createSource(source)
    const create = () => new Map<string, number>()
    const underWay = shared ? once(create) : create()
    const refusal = `max connections reached: ${amount}`
    const leave = (key: string): void => {
      const count = underWay.get(key)!
      if (count === 1) underWay.delete(key)
      else underWay.set(key, count - 1)
    }
    return (next) => (request, cx) => {
      const key = sourceOf(request, cx)
      const count = underWay.get(key) ?? 0
      if (count >= amount) return new ProxyResponse(429, new Fields(), refusal)
      underWay.set(key, count + 1)
      cx.onEnd(() => leave(key))
      return next(request, cx)
    }
  },
})
