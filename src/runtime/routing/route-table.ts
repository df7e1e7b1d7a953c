import type { Predicate } from '../../contracts/kinds.ts'
import { createHostIndex, type HostSet } from '../../engine/matching/host-index.ts'
import { byPrecedence, type Ranked } from '../../engine/matching/precedence.ts'
import type { Handler } from '../../http/handler.ts'
import { notFound } from '../../http/replies.ts'

/** A router that works. Its rule is compiled once, however many entry points it serves. */
export interface Route extends Ranked {
  /** Null: any host. */
  readonly hosts: HostSet | null
  readonly matches: Predicate
  readonly handle: Handler
}

/**
 * Routes tried by descending priority; the first match serves (Traefik v3.7 `pkg/muxer/http`). The host index only
 * leaves out routes that can't match.
 * @param precedence providers: decides between equal priorities; those not named come last
 */
export function createRouteTable(routes: readonly Route[], precedence: readonly string[]): Handler {
  const ordered = byPrecedence(routes, precedence)
  const handlers = ordered.map((route) => route.handle)
  const predicates = ordered.map((route) => route.matches)
  const index = createHostIndex(ordered)
  return (request, cx) => {
    for (const at of index.candidates(request.host)) {
      if (predicates[at]!(request, cx)) return handlers[at]!(request, cx)
    }
    return notFound()
  }
}
