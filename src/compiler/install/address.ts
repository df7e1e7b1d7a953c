/** What an entry point address says. */
export interface EntryPointAddress {
  /** Empty: all addresses. Without brackets. */
  readonly host: string
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
}

/** Names that Go knows without asking the system. */
const TCP_PORTS: Readonly<Record<string, number>> = {
  ftp: 21,
  ftps: 990,
  http: 80,
  https: 443,
  imaps: 993,
  smtp: 25,
  ssh: 22,
}

/**
 * Parses `[host]:port[/tcp|/udp]`; throws an Error with Traefik's message. Without an address, or without a port in it,
 * the port is 0: the system chooses one.
 */
export const parseEntryPointAddress = (address: string): EntryPointAddress => {
  const slash = address.indexOf('/')
  const protocol = slash === -1 ? 'tcp' : address.slice(slash + 1).toLowerCase()
  if (protocol !== 'tcp' && protocol !== 'udp') throw new Error(`invalid protocol: ${address.slice(slash + 1)}`)
  const listen = slash === -1 ? address : address.slice(0, slash)
  if (listen === '') return { host: '', port: 0, protocol }
  const match = /^(?:\[([0-9A-Fa-f:.%\w]*)\]|([^:[\]]*)):([^:]*)$/.exec(listen)
  if (match === null) throw new Error(`address ${listen}: missing port in address`)
  const port = portOf(match[3] ?? '', protocol)
  if (!(port <= 65535)) throw new Error(`address ${listen}: invalid port`)
  return { host: match[1] ?? match[2] ?? '', port, protocol }
}

const portOf = (text: string, protocol: 'tcp' | 'udp'): number => {
  if (/^\d{0,5}$/.test(text)) return Number(text)
  if (text === 'domain') return 53
  return protocol === 'tcp' && Object.hasOwn(TCP_PORTS, text) ? TCP_PORTS[text]! : Number.NaN
}

/** The protocol of an entry point; `tcp` when the address says nothing understandable. */
export const entryPointProtocol = (address: string | undefined): 'tcp' | 'udp' =>
  /\/udp$/i.test(address ?? '') ? 'udp' : 'tcp'
