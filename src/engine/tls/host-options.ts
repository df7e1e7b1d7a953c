/** Which TLS options hold for a server name on an entry point (Traefik v3.7 `pkg/server/router/tcp`). */
export interface HostOptions {
  /** Qualified name of the options of a host that a router names; null when none does. */
  specific(serverName: string): string | null
  /** Options for every other name where a router of HTTP takes them; null: no router does, and `default` holds. */
  readonly catchAll: string | null
}

/** @param hosts options by lower-case host, `*.x` or `*` */
export function createHostOptions(hosts: Readonly<Record<string, string>>): HostOptions {
  const exact = new Map(Object.entries(hosts))
  const catchAll = exact.get('*') ?? null
  exact.delete('*')
  return {
    catchAll,
    specific(serverName) {
      if (exact.size === 0) return null
      const name = canonicalServerName(serverName)
      if (name === '' || name.startsWith('*')) return null
      const own = exact.get(name)
      if (own !== undefined) return own
      const dot = name.indexOf('.')
      return dot <= 0 ? null : (exact.get(`*${name.slice(dot)}`) ?? null)
    },
  }
}

/** Lower case and without a trailing dot: a name must not get round its options by its spelling. */
export function canonicalServerName(serverName: string): string {
  const name = serverName.toLowerCase()
  return name.endsWith('.') ? name.slice(0, -1) : name
}
