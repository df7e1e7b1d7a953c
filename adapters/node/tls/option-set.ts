import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { createSecureContext, createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import { GROUPS_BY_PREFERENCE, type TlsOptionsPlan } from '../../../src/plan/tls.ts'
import type { LoadedCertificate } from './certificate-store.ts'

/** Handshakes end after so long. */
const HANDSHAKE_MS = 10_000

/** Called once: with the secured connection, or not at all when the handshake fails; the socket closes then. */
export type Secured = (socket: TLSSocket) => void

/** What is brought along in a handshake about a certificate. */
export interface Staples {
  /** Whether there may be something, now or later. */
  isFor(certificate: LoadedCertificate): boolean
  /** An `OCSPResponse`; null: there is none. */
  staple(certificate: LoadedCertificate): Buffer | null
}

/**
 * One set of TLS options at work. Client certificates and session tickets belong to it: a ticket of one set opens no
 * session of another.
 */
export class OptionSet {
  readonly plan: TlsOptionsPlan
  readonly #ticketKeys = randomBytes(48)
  readonly #sessionContext = randomBytes(16).toString('hex')
  readonly #withAlpn = new WeakMap<LoadedCertificate, Server>()
  readonly #withoutAlpn = new WeakMap<LoadedCertificate, Server>()
  readonly #waiting = new WeakMap<Socket, Secured>()

  readonly #bug: (reason: unknown) => void
  readonly #staples: Staples | null

  /** @param bug hears of what those throw who take a connection @param staples null: nothing is stapled */
  constructor(plan: TlsOptionsPlan, bug: (reason: unknown) => void, staples: Staples | null) {
    this.plan = plan
    this.#bug = bug
    this.#staples = staples
  }

  /**
   * Does the handshake on a socket; throws where OpenSSL takes certificate or options not.
   * @param withAlpn offer the protocols of the set
   */
  secure(socket: Socket, certificate: LoadedCertificate, withAlpn: boolean, secured: Secured): void {
    const server = this.#serverFor(certificate, withAlpn)
    this.#waiting.set(socket, secured)
    // Nobody but Node listens while the handshake goes on: a client that ends its side then is to be gone, not waited for.
    const { allowHalfOpen } = socket
    socket.allowHalfOpen = false
    server.emit('connection', socket)
    socket.allowHalfOpen = allowHalfOpen
  }

  #serverFor(certificate: LoadedCertificate, withAlpn: boolean): Server {
    const servers = withAlpn ? this.#withAlpn : this.#withoutAlpn
    let server = servers.get(certificate)
    if (server === undefined) {
      server = this.#createServer(certificate, withAlpn)
      servers.set(certificate, server)
    }
    return server
  }

  #createServer(certificate: LoadedCertificate, withAlpn: boolean): Server {
    const { cert, key } = certificate
    const { clientAuth, alpnProtocols } = this.plan
    const server = createServer({
      ...contextOptions(this.plan),
      cert,
      key,
      ticketKeys: this.#ticketKeys,
      sessionIdContext: this.#sessionContext,
      handshakeTimeout: HANDSHAKE_MS,
      requestCert: clientAuth !== 'NoClientCert',
      rejectUnauthorized: clientAuth === 'RequireAndVerifyClientCert',
      ...(withAlpn && alpnProtocols.length > 0 ? { ALPNProtocols: [...alpnProtocols] } : {}),
    })
    const staples = this.#staples
    // Who listens makes every handshake take longer.
    if (staples?.isFor(certificate) === true) {
      server.on('OCSPRequest', (_certificate, _issuer, answer) => answer(null, staples.staple(certificate)!))
    }
    server.on('secureConnection', (socket) => this.#secured(socket))
    server.on('tlsClientError', (_error, socket) => {
      // Peers that speak no TLS, or go away: the connection is over, and that is all.
      socket.destroy()
    })
    return server
  }

  #secured(socket: TLSSocket): void {
    // Node does not say otherwise which socket a handshake was done on.
    const raw = Reflect.get(socket, '_parent') as Socket | undefined
    const secured = raw === undefined ? undefined : this.#waiting.get(raw)
    if (secured === undefined || !this.#admits(socket)) {
      socket.destroy()
      return
    }
    socket.allowHalfOpen = raw!.allowHalfOpen
    // Whoever takes it listens for errors; until then one must not end the process.
    socket.on('error', () => undefined)
    this.#waiting.delete(raw!)
    try {
      secured(socket)
    } catch (reason) {
      this.#bug(reason)
      socket.destroy()
    }
  }

  /** What OpenSSL leaves to us: certificates that must be there, or must be good when they are. */
  #admits(socket: TLSSocket): boolean {
    switch (this.plan.clientAuth) {
      case 'RequireAnyClientCert':
        return socket.getPeerX509Certificate() !== undefined
      case 'VerifyClientCertIfGiven':
        return socket.getPeerX509Certificate() === undefined || (socket.authorized && !hasExpiredSince(socket))
      case 'RequireAndVerifyClientCert':
        return socket.authorized && !hasExpiredSince(socket)
      default:
        return true
    }
  }
}

/** A session goes on with the certificate that it began with, and OpenSSL does not look at its dates again. */
function hasExpiredSince(socket: TLSSocket): boolean {
  if (!socket.isSessionReused()) return false
  const certificate = socket.getPeerX509Certificate()
  return certificate !== undefined && Date.parse(certificate.validTo) < Date.now()
}

/**
 * Options of OpenSSL: SSL_OP_NO_TICKET, SSL_OP_NO_RENEGOTIATION, SSL_OP_CIPHER_SERVER_PREFERENCE, and
 * SSL_OP_PRIORITIZE_CHACHA: a client that names ChaCha20 first has no hardware for AES.
 */
const NO_TICKET = 1 << 14
const NO_RENEGOTIATION = 1 << 30
const SERVER_PREFERENCE = (1 << 22) | (1 << 21)

function contextOptions(plan: TlsOptionsPlan): TlsOptions {
  const { minVersion, maxVersion, cipherSuites, groups, clientCAs, sessionTickets } = plan
  const onlyNewest = cipherSuites.length === 0
  // Old versions need signatures that OpenSSL takes at level 0 only; level 1 takes what Go takes.
  const level = minVersion === 'TLSv1' || minVersion === 'TLSv1.1' ? 0 : 1
  return {
    minVersion: onlyNewest ? 'TLSv1.3' : minVersion,
    maxVersion,
    ciphers: [...(onlyNewest ? UNUSED : cipherSuites), TLS13_SUITES, `@SECLEVEL=${level}`].join(':'),
    ecdhCurve: groupList(groups),
    secureOptions: NO_RENEGOTIATION | SERVER_PREFERENCE | (sessionTickets ? 0 : NO_TICKET),
    ...(clientCAs.length === 0 ? {} : { ca: [...clientCAs] }),
  }
}

/** OpenSSL's list of the default groups, once it is known. */
let defaultGroups: string | null = null

/**
 * Groups as OpenSSL takes them. Those that withstand quantum computers come first; of the others one for which the client
 * has sent a share, which saves a round trip.
 */
function groupList(groups: readonly string[]): string {
  if (groups.length > 0) return inTwoTiers(groups)
  const all = inTwoTiers(GROUPS_BY_PREFERENCE)
  defaultGroups ??= isGroupList(all) ? all : 'auto'
  return defaultGroups
}

function inTwoTiers(groups: readonly string[]): string {
  const isHybrid = (name: string): boolean => name.includes('MLKEM')
  const tiers = [groups.filter(isHybrid), groups.filter((name) => !isHybrid(name))]
  return tiers.flatMap((names) => (names.length === 0 ? [] : [names.join(':')])).join('/')
}

function isGroupList(list: string): boolean {
  try {
    createSecureContext({ ecdhCurve: list })
    return true
  } catch {
    // An OpenSSL before 3.5, which a system may have Node use, knows neither those groups nor that notation.
    return false
  }
}

/** OpenSSL wants a suite of old versions even where those are off. */
const UNUSED = ['ECDHE-RSA-AES128-GCM-SHA256']

const TLS13_SUITES = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'
