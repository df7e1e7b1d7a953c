/** Where an entry point listens; an empty host means every address. */
export interface ListenAddress {
  /** Without brackets. */
  readonly host: string
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
}

/**
 * Reads `[host]:port[/tcp|/udp]` as Traefik does (pkg/config/static/entrypoints.go): the protocol's case does not
 * matter and tcp is the default; IPv6 hosts stand in brackets. Null when it is none.
 */
export function parseListenAddress(text: string): ListenAddress | null {
  const slash = text.indexOf('/')
  const address = slash === -1 ? text : text.slice(0, slash)
  const protocol = slash === -1 ? 'tcp' : text.slice(slash + 1).toLowerCase()
  if (protocol !== 'tcp' && protocol !== 'udp') return null
  const match = /^(?:\[([0-9A-Fa-f:.%\w]*)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(address)
  if (match === null) return null
  const port = Number(match[3])
  return port > 65535 ? null : { host: match[1] ?? match[2] ?? '', port, protocol }
}
