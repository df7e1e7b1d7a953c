import type { ServicePort } from '../objects.ts'
import { Unusable } from '../servers.ts'
import type { RouteKind } from './options.ts'

/** How the servers of a port are spoken to. */
export type Scheme = 'http' | 'https' | 'h2c'

const HTTP: ReadonlyMap<string, Scheme> = new Map([
  ['kubernetes.io/h2c', 'h2c'],
  ['http', 'http'],
  ['kubernetes.io/ws', 'http'],
  ['https', 'https'],
  ['kubernetes.io/wss', 'https'],
])

const GRPC: ReadonlyMap<string, Scheme> = new Map([
  ['kubernetes.io/h2c', 'h2c'],
  ['https', 'https'],
])

/**
 * The scheme for a port; empty for streams, which have none. Throws `Unusable`.
 * @param hasPolicy a BackendTLSPolicy says that it is TLS
 */
export function schemeOf(
  { protocol = 'TCP', appProtocol }: ServicePort,
  kind: RouteKind,
  hasPolicy: boolean,
): Scheme | '' {
  if (protocol !== 'TCP') throw new Unusable('only TCP protocol is supported')
  if (kind === 'TLSRoute' || kind === 'TCPRoute') return ''
  if (hasPolicy) return 'https'
  const isGrpc = kind === 'GRPCRoute'
  // Unlike elsewhere the number and the name of the port say nothing.
  if (appProtocol === undefined) return isGrpc ? 'h2c' : 'http'
  const known = isGrpc ? GRPC : HTTP
  const scheme = known.get(appProtocol.toLowerCase())
  if (scheme !== undefined) return scheme
  const message = `unsupported application protocol ${appProtocol.toLowerCase()}`
  throw new Unusable(message, '', `appProtocol of the port: one of ${[...known.keys()].join(', ')}`)
}
