import type { TableRoute } from '../../contracts/kinds.ts'
import { flatHostOf, setFlatHost } from '../../engine/matching/alias-matchers.ts'
import { createHostIndex, type HostIndex } from '../../engine/matching/host-index.ts'
import { byPrecedence } from '../../engine/matching/precedence.ts'
import type { Handler } from '../../http/handler.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import { notFound } from '../../http/replies.ts'

/** Where the aliases of a canonical host lead in the end; the host itself where it is none. Never rejects. */
export type FlattenHost = (host: string) => MaybePromise<string>

/**
 * As `createRouteTable`, where rules mean what aliases lead to as well: that is found out before the first table is
 * looked at.
 */
export const aliasTable =
  (flatten: FlattenHost) =>
  (routes: readonly TableRoute[], precedence: readonly string[]): Handler => {
    const ordered = byPrecedence(routes, precedence)
    const index = createHostIndex(ordered)
    return (request, cx) =>
      andThen(flatHostOf(request) || flatten(request.host), (flat) => {
        setFlatHost(request, flat)
        for (const at of eitherOf(index, request.host, flat)) {
          const { matches, handle } = ordered[at]!
          if (matches(request, cx)) return handle(request, cx)
        }
        return notFound()
      })
  }

/** Those that may match either of two hosts, ascending. */
export function eitherOf(index: HostIndex, host: string, flat: string): readonly number[] {
  const own = index.candidates(host)
  const others = index.candidates(flat)
  return others === own ? own : [...new Set([...own, ...others])].sort((a, b) => a - b)
}
