import { defineMiddleware } from '../../contracts/kinds.ts'
import { createIpMatcher, parseIp } from '../../http/ip.ts'
import { bareReply, phraseReply } from '../../http/replies.ts'
import { createIpStrategy, type IpStrategyConfig, withoutPort } from '../shared/ip-strategy.ts'

export interface IpAllowListConfig {
  /** Addresses and CIDR ranges; not empty. */
  readonly sourceRange: readonly string[]
  readonly ipStrategy: IpStrategyConfig | null
  readonly rejectStatusCode: number
}

/** Lets through clients of some addresses only (Traefik v3.7 `pkg/middlewares/ipallowlist`). */
export const ipAllowList = defineMiddleware<IpAllowListConfig>({
  isStateless: true,
  build: ({ sourceRange, ipStrategy, rejectStatusCode }) => {
    const allowed = createIpMatcher(sourceRange)
    const addressOf = createIpStrategy(ipStrategy)
    const refuse = rejectStatusCode === 204 || rejectStatusCode === 304 ? bareReply : phraseReply
    return (next) => (request, cx) => {
      const address = addressOf(request, cx)
      if (allowed.contains(withoutPort(address))) return next(request, cx)
      cx.record.span?.fail(`Rejecting IP ${address}: ${reasonOf(address)}`)
      return refuse(rejectStatusCode)
    }
  },
})

/** Why an address that no range has is refused, in Traefik's words. */
function reasonOf(address: string): string {
  const host = withoutPort(address)
  if (host === '') return 'empty IP address'
  if (parseIp(host) === null) return `unable to parse address: ${host}: can't parse IP from address ${host}`
  return `"${address}" matched none of the trusted IPs`
}
