import { ownText } from './fields.ts'

/**
 * RFC 3986 §3.2.2 without user information: a registered name, an address or a literal in closed brackets; and a port.
 */
const HOST = /^(?:\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9\-._~%]+)?\]|[A-Za-z0-9\-._~!$&'()*+,;=%]*)(?::[0-9]{0,5})?$/

/** Hosts found valid last: most requests of a connection name the same one. */
let lastHost = ''

/**
 * Whether an authority is a host with at most one numeric port, without user information and empty labels; empty is
 * valid, a trailing dot too.
 */
export function isValidHost(host: string): boolean {
  if (host === lastHost) return true
  if (host.length > 512 || !HOST.test(host) || host.startsWith('.') || host.includes('..')) return false
  lastHost = ownText(host)
  return true
}
