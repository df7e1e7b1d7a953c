import type { Ports } from '../../contracts/ports.ts'
import type { UpstreamFailure } from '../../http/failure.ts'

/** Methods that have the effect of one request however often they are sent (RFC 9110 §9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/**
 * Whether a request that is sent again after this failure might take effect twice. Only asked where requests go by
 * Fetch: connections of our own tell how far a request got, and there Traefik's rules hold.
 */
export const mayDouble = (method: string, { progress }: UpstreamFailure, { transports }: Ports): boolean =>
  transports.byFetch === true && progress !== 'unsent' && !IDEMPOTENT.has(method)
