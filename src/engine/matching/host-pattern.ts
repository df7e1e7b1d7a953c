/**
 * How a host of a rule compares with the canonical host of a request (Traefik `pkg/muxer/http/matcher.go`): one
 * trailing dot is forgiven on either side, and a leading star stands for the whole first label.
 */

/** A predicate over canonical hosts for a host as a v3 rule names it, lower case. */
export function hostPattern(pattern: string): (host: string) => boolean {
  if (pattern === '*') return () => true
  if (!pattern.startsWith('*')) return exactHost(pattern)
  const same = exactHost(pattern)
  return (host) => host !== '' && same(starred(host))
}

/** The same without wildcards, as in v2 rules. */
export function exactHost(name: string): (host: string) => boolean {
  const short = name.endsWith('.') ? name.slice(0, -1) : null
  return (host) => {
    if (host === '') return false
    if (host === name || host === short) return true
    return host.length === name.length + 1 && host.endsWith('.') && host.startsWith(name)
  }
}

/** The host with its first label replaced by a star. */
function starred(host: string): string {
  const dot = host.indexOf('.')
  return dot === -1 ? '*' : `*${host.slice(dot)}`
}
