/** What an entry point address says. */
export interface EntryPointAddress {
  /** Empty: all addresses. Without brackets. */
  readonly host: string
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
}

/** Parses `[host]:port[/tcp|/udp]`; throws an Error with Traefik's message. */
export const parseEntryPointAddress = (address: string): EntryPointAddress => {
  const slash = address.indexOf('/')
  const protocol = slash === -1 ? 'tcp' : address.slice(slash + 1).toLowerCase()
  if (protocol !== 'tcp' && protocol !== 'udp') throw new Error(`invalid protocol: ${protocol}`)
  const listen = slash === -1 ? address : address.slice(0, slash)
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(listen)
  if (match === null) throw new Error(`address ${listen}: missing port in address`)
  const portText = match[3] ?? ''
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : Number.NaN
  if (!(port <= 65535)) throw new Error(`address ${listen}: invalid port`)
  return { host: match[1] ?? match[2] ?? '', port, protocol }
}

/** The protocol of an entry point; `tcp` when the address says nothing understandable. */
export const entryPointProtocol = (address: string | undefined): 'tcp' | 'udp' =>
  /\/udp$/i.test(address ?? '') ? 'udp' : 'tcp'
