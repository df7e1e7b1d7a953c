/** The two halves of `host:port`. */
export interface HostPort {
  /** Without brackets; the machine itself when nothing is written. */
  readonly host: string
  /** -1 when it is no number: connecting fails. */
  readonly port: number
}

/** Splits an address as Go's `net.SplitHostPort` does; throws with its message. */
export function splitHostPort(address: string): HostPort {
  const match = /^(?:\[([^[\]]*)\]|([^[\]:]*)):([^[\]:]*)$/.exec(address)
  if (match === null) throw new Error(`address ${address}: ${complaint(address)}`)
  const port = match[3]!
  return {
    host: (match[1] ?? match[2] ?? '') || 'localhost',
    port: /^[0-9]{1,5}$/.test(port) && Number(port) <= 65_535 ? Number(port) : -1,
  }
}

function complaint(address: string): string {
  if (!address.includes(':') || /\]$/.test(address)) return 'missing port in address'
  return address.startsWith('[') && !address.includes(']') ? "missing ']' in address" : 'too many colons in address'
}
