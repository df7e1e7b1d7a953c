/** What ALPN comes to: the protocol; `none`: both sides go on without; `refused`: no common one. */
export type Alpn =
  | { readonly kind: 'protocol'; readonly name: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'refused' }

/**
 * Go's choice (`crypto/tls` `negotiateALPN`): the server's order decides; a client that only speaks `http/1.1` is let
 * in without where the server has `h2`.
 */
export function negotiateAlpn(server: readonly string[], client: readonly string[]): Alpn {
  if (server.length === 0 || client.length === 0) return { kind: 'none' }
  for (const name of server) if (client.includes(name)) return { kind: 'protocol', name }
  return server.includes('h2') && client.includes('http/1.1') ? { kind: 'none' } : { kind: 'refused' }
}
