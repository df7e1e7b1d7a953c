import type { TLSSocket } from 'node:tls'

/** TLS 1.2 with what RFC 9113 Appendix A permits: a key of the moment, and authenticated encryption. */
const PERMITTED = /^ECDHE-.*(?:GCM|POLY1305)/

/** GOAWAY without a stream, for INADEQUATE_SECURITY (RFC 9113 §6.8, §7). */
export const INADEQUATE_SECURITY: Buffer = Buffer.from('000008070000000000000000000000000c', 'hex')

/** Whether HTTP/2 may be spoken on a connection that has agreed on it (RFC 9113 §9.2; Go's server insists). */
export function isAdequate(socket: TLSSocket): boolean {
  const version = socket.getProtocol()
  return version === 'TLSv1.3' || (version === 'TLSv1.2' && PERMITTED.test(socket.getCipher().name))
}
