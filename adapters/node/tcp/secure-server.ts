import { readFileSync } from 'node:fs'
import { isIP, type Socket } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import type { SpiffePlan } from '../../../src/plan/spiffe.ts'
import type { TcpTransportPlan } from '../../../src/plan/tcp.ts'
import type { ServerTlsPlan } from '../../../src/plan/tls.ts'
import { alternativeNameFault, checksNames } from '../tls/peer-names.ts'
import type { IdentitySource } from '../tls/spiffe/identity-source.ts'

/** Of one configuration: certificates are read once, at the first connection. */
const contexts = new WeakMap<TcpTransportPlan, SecureContext>()

/**
 * Begins TLS with a server; throws where certificates can't be read, or where nothing says whom to trust. The handshake
 * ends by `secureConnect` or `error`.
 */
export function secureServer(socket: Socket, transport: TcpTransportPlan, identity: IdentitySource | null): TLSSocket {
  const { tls } = transport
  if (tls.spiffe !== undefined) return secureByIdentity(socket, tls.spiffe, identity)
  const { serverName, insecureSkipVerify, peerCertURI } = tls
  if (serverName === '' && !insecureSkipVerify) {
    throw new Error('either serverName or insecureSkipVerify must be given for TLS to servers')
  }
  let context = contexts.get(transport)
  if (context === undefined) {
    context = createContext(tls)
    contexts.set(transport, context)
  }
  const options: ConnectionOptions = {
    socket,
    secureContext: context,
    rejectUnauthorized: !insecureSkipVerify || checksNames(tls),
    checkServerIdentity(_host, certificate) {
      const wrongName = insecureSkipVerify ? undefined : checkServerIdentity(serverName, certificate)
      const wrong = wrongName ?? alternativeNameFault(tls, certificate)
      if (wrong !== undefined || peerCertURI === '') return wrong
      const names = (certificate.subjectaltname ?? '').split(', ')
      return names.includes(`URI:${peerCertURI}`) ? undefined : new Error(`certificate does not name ${peerCertURI}`)
    },
  }
  // RFC 6066 §3: an address is no server name.
  if (serverName !== '' && isIP(serverName) === 0) options.servername = serverName
  return connect(options)
}

/** Both ends show identities, and no names are asked for. */
function secureByIdentity(socket: Socket, spiffe: SpiffePlan, identity: IdentitySource | null): TLSSocket {
  if (identity === null) throw new Error('there is no source of identities')
  return connect({
    socket,
    secureContext: identity.context(spiffe),
    rejectUnauthorized: true,
    checkServerIdentity: (_host, certificate) => identity.fault(spiffe, certificate),
  })
}

/** Authorities that can't be read don't count, as in Traefik; with none of them left nobody is trusted. */
function createContext({ rootCAs, certificates }: ServerTlsPlan): SecureContext {
  const ca: string[] = []
  for (const item of rootCAs) {
    try {
      ca.push(textOf(item))
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  return createSecureContext({
    ...(rootCAs.length === 0 ? {} : { ca }),
    ...(certificates.length === 0
      ? {}
      : {
          cert: certificates.map(({ certFile }) => textOf(certFile)),
          key: certificates.map(({ keyFile }) => textOf(keyFile)),
        }),
  })
}

const textOf = (item: string): string => (item.includes('-----BEGIN') ? item : readFileSync(item, 'utf8'))

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error
