import type { Kinds } from '../../../src/contracts/kinds.ts'
import type { Aliases, Clock, Logger } from '../../../src/contracts/ports.ts'
import { aliasMatchers, setFlatHost } from '../../../src/engine/matching/alias-matchers.ts'
import { andThen } from '../../../src/http/maybe-promise.ts'
import { aliasTable } from '../../../src/runtime/routing/alias-table.ts'
import { HostResolver, type HostResolverOptions } from './host-resolver.ts'

/** Aliases of hosts in rules, for who links plans and for who explains them. */
export interface FollowedAliases extends Aliases {
  /** The kinds with matchers and tables that follow aliases. */
  within(kinds: Kinds): Kinds
}

export function followedAliases(options: HostResolverOptions, clock: Clock, log: Logger): FollowedAliases {
  const { flatten } = new HostResolver(options, clock, log)
  const createTable = aliasTable(flatten)
  return {
    matchers: () => aliasMatchers,
    follow: (request) =>
      andThen(flatten(request.host), (host) => {
        setFlatHost(request, host)
        return host
      }),
    within: (kinds) => ({ ...kinds, createTable, matchers: { ...kinds.matchers, ...aliasMatchers } }),
  }
}
