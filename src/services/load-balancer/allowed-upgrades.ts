import type { Handler } from '../../http/handler.ts'

/**
 * Takes an `Upgrade` that is not allowed off its request, which goes on as an ordinary one: a server may ignore the
 * field (RFC 9110 §7.8), so every client can deal with that. Of several protocols offered each must be allowed.
 * @param allowed in lower case, with or without versions
 */
export function narrowUpgrades(next: Handler, allowed: readonly string[]): Handler {
  const names = new Set(allowed)
  const isAllowed = (protocol: string): boolean => {
    const name = protocol.trim().toLowerCase()
    return names.has(name) || names.has(name.split('/', 1)[0]!)
  }
  return (request, cx) => {
    if (request.upgrade !== null && !request.upgrade.split(',').every(isAllowed)) request.upgrade = null
    return next(request, cx)
  }
}
