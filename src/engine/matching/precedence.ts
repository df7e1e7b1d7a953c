/** What decides between routers of one table, whatever their protocol. */
export interface Ranked {
  /** Qualified name. */
  readonly name: string
  readonly provider: string
  /** Integer of any size: those of internal routers are beyond 2^53. */
  readonly priority: bigint
  /** Routers of a lower one are all tried before; absent: 0. */
  readonly group?: number
}

/**
 * Routers in the order in which they are tried: by group, by descending priority, then by the precedence of their providers, then
 * by name (Traefik v3.7 `pkg/server/router`).
 * @param precedence providers in any case; those not named come last
 */
export function byPrecedence<R extends Ranked>(routes: readonly R[], precedence: readonly string[]): R[] {
  const ranks = new Map(precedence.map((provider, at) => [provider.toLowerCase(), at]))
  const rankOf = ({ provider }: Ranked): number => ranks.get(provider.toLowerCase()) ?? precedence.length
  return routes.toSorted((a, b) => {
    const apart = (a.group ?? 0) - (b.group ?? 0)
    if (apart !== 0) return apart
    if (a.priority !== b.priority) return a.priority > b.priority ? -1 : 1
    return rankOf(a) - rankOf(b) || (a.name < b.name ? -1 : 1)
  })
}
