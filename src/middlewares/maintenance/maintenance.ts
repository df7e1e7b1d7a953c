import { defineMiddleware } from '../../contracts/kinds.ts'
import { createIpMatcher } from '../../http/ip.ts'
import { createIpStrategy, type IpStrategyConfig, withoutPort } from '../shared/ip-strategy.ts'
import { type StaticAnswer, staticReply } from '../shared/static-answer.ts'

export interface MaintenanceConfig {
  /** Whether it is on while operators have said nothing. */
  readonly enabled: boolean
  readonly answer: StaticAnswer
  /** Addresses and CIDR ranges of clients that get through all the same; empty: none. */
  readonly sourceRange: readonly string[]
  readonly ipStrategy: IpStrategyConfig | null
}

/** Answers every request by itself while it is on, and does nothing while it is off (an option of ours). */
export const maintenance = defineMiddleware<MaintenanceConfig>({
  build: ({ enabled, answer, sourceRange, ipStrategy }, { manual }) => {
    const admitted = sourceRange.length === 0 ? null : createIpMatcher(sourceRange)
    const addressOf = createIpStrategy(ipStrategy)
    return (next) => (request, cx) => {
      if (!(manual.on ?? enabled)) return next(request, cx)
      if (admitted?.contains(withoutPort(addressOf(request, cx)))) return next(request, cx)
      return staticReply(answer)
    }
  },
})
