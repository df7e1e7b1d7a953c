import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Logger } from '../../../src/contracts/ports.ts'
import type { ClientHello } from '../../../src/engine/streams/tcp/client-hello.ts'
import type { Endpoints } from '../../../src/engine/streams/tcp/proxy-header.ts'
import { negotiateAlpn } from '../../../src/engine/tls/alpn.ts'
import { canonicalServerName } from '../../../src/engine/tls/host-options.ts'
import type { TlsInfo } from '../../../src/http/request-context.ts'
import type { TlsOptionsPlan, TlsPlan } from '../../../src/plan/tls.ts'
import { CertificateStore, type LoadedCertificate } from './certificate-store.ts'
import type { OcspStapler } from './ocsp/stapler.ts'
import { OptionSet } from './option-set.ts'
import { NodeTlsInfo } from './tls-info.ts'

/** Alerts that we send before OpenSSL sees anything (RFC 8446 §6). */
const UNRECOGNIZED_NAME = 112
const INTERNAL_ERROR = 80
const NO_APPLICATION_PROTOCOL = 120

/** Protocol of the challenge by which authorities check a name (RFC 8737). */
export const ACME_TLS = 'acme-tls/1'

/** Who brings certificates that are not among those in force. None of the promises rejects. */
export interface CertificateAnswers {
  /** For a check by TLS-ALPN-01; null: nobody has asked for it. */
  challenge(serverName: string): Promise<LoadedCertificate | null>
  /** For a name without one; null: there will be none, at once or after all. */
  onDemand(serverName: string): Promise<LoadedCertificate | null> | null
}

const NO_ANSWERS: CertificateAnswers = { challenge: async () => null, onDemand: () => null }

const CHALLENGE_OPTIONS: TlsOptionsPlan = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  cipherSuites: ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  groups: [],
  clientAuth: 'NoClientCert',
  clientCAs: [],
  sniStrict: false,
  alpnProtocols: [ACME_TLS],
  sessionTickets: false,
}

/** Ends TLS on clients' connections, with the certificates and options in force. One for all entry points. */
export class TlsTerminator {
  readonly #log: Logger
  readonly #store: CertificateStore
  #sets = new Map<string, { readonly key: string; readonly set: OptionSet }>()
  readonly #challengeSet: OptionSet
  /** Null: nothing is stapled. */
  #stapler: OcspStapler | null = null
  /** Certificates that a warning was about. */
  readonly #seen = new WeakSet<LoadedCertificate>()
  #answers: CertificateAnswers = NO_ANSWERS

  readonly #bug = (cause: unknown): void => this.#log.log('error', 'Error on a TLS connection', { cause })

  constructor(log: Logger) {
    this.#log = log
    this.#store = new CertificateStore(log)
    this.#challengeSet = new OptionSet(CHALLENGE_OPTIONS, this.#bug, null)
  }

  /** Has somebody else bring certificates that are made for the moment. */
  use(answers: CertificateAnswers): void {
    this.#answers = answers
  }

  /** Has certificates stapled: those of configurations that come afterwards. */
  stapleBy(stapler: OcspStapler): void {
    this.#stapler = stapler
  }

  /**
   * Takes a new configuration; connections that are open go on as they are. Sets of options that did not change stay,
   * and with them the sessions of their clients.
   */
  replace(plan: TlsPlan): void {
    this.#store.replace(plan.certificates, plan.defaultCertificate, plan.defaultNames ?? null)
    if (this.#stapler === null) this.#warnOfBare()
    else this.#stapler.replace(this.#store.certificates)
    const next = new Map<string, { readonly key: string; readonly set: OptionSet }>()
    for (const [name, options] of Object.entries(plan.options)) {
      const key = JSON.stringify(options)
      const before = this.#sets.get(name)
      next.set(name, before?.key === key ? before : { key, set: new OptionSet(options, this.#bug, this.#stapler) })
    }
    this.#sets = next
  }

  /** Clients refuse what must be stapled and is not. */
  #warnOfBare(): void {
    for (const certificate of this.#store.certificates) {
      if (!certificate.mustStaple || this.#seen.has(certificate)) continue
      this.#seen.add(certificate)
      this.#log.log('warn', 'A certificate must be stapled, and the option ocsp is not there', {
        domain: certificate.names[0] ?? '',
      })
    }
  }

  /** Of servers, those in force; the one that is made where none was given is not among them. */
  get certificates(): readonly LoadedCertificate[] {
    return this.#store.certificates
  }

  /**
   * Does the handshake on a socket that nobody reads any more.
   * @param first octets read from it already, the ClientHello among them
   * @param options qualified name; a set that is not there closes the connection
   * @param ends where the client came to decides on the certificate of who names no server
   * @param secured called once the handshake is done; when it fails the socket closes and nothing is called
   */
  terminate(
    socket: Socket,
    first: Uint8Array | null,
    hello: ClientHello,
    options: string,
    ends: Endpoints,
    secured: (socket: TLSSocket, info: TlsInfo) => void,
  ): void {
    if (hello.protocols.includes(ACME_TLS)) {
      void this.#answerChallenge(socket, first, hello.serverName)
      return
    }
    const set = this.#sets.get(options)?.set
    if (set === undefined) {
      socket.destroySoon()
      return
    }
    const certificate = this.#certificateFor(hello, set, ends)
    if (certificate === null) {
      refuseName(socket, set)
      return
    }
    const alpn = negotiateAlpn(set.plan.alpnProtocols, hello.protocols)
    if (alpn.kind === 'refused') {
      refuse(socket, NO_APPLICATION_PROTOCOL)
      return
    }
    const start = (chosen: LoadedCertificate | null): void => {
      if (socket.destroyed) return
      if (chosen === null) {
        refuseName(socket, set)
        return
      }
      try {
        if (first !== null && first.length > 0) socket.unshift(first)
        set.secure(socket, chosen, alpn.kind === 'protocol', (secure) => {
          secured(secure, new NodeTlsInfo(secure, hello.serverName, options))
        })
      } catch (cause) {
        this.#log.log('error', 'Unable to begin a TLS handshake', { tlsOptions: options, cause })
        socket.destroy()
      }
    }
    if (certificate instanceof Promise) {
      certificate.then(start, (cause: unknown) => {
        this.#log.log('error', 'Unable to bring a certificate', { cause })
        socket.destroy()
      })
    } else start(certificate)
  }

  #certificateFor(
    { serverName }: ClientHello,
    set: OptionSet,
    ends: Endpoints,
  ): LoadedCertificate | Promise<LoadedCertificate | null> | null {
    const name = serverName === '' ? ends.destination.address : serverName
    const found = this.#store.find(name)
    if (found !== null) return found
    const rest = () => (set.plan.sniStrict ? null : this.#store.fallback())
    const onDemand = serverName === '' ? null : this.#answers.onDemand(canonicalServerName(serverName))
    return onDemand === null ? rest() : onDemand.then((certificate) => certificate ?? rest())
  }

  /** RFC 8737 §3: the handshake is all, nothing is served on such a connection. */
  async #answerChallenge(socket: Socket, first: Uint8Array | null, serverName: string): Promise<void> {
    const certificate = await this.#answers.challenge(canonicalServerName(serverName))
    if (socket.destroyed) return
    if (certificate === null) {
      refuse(socket, INTERNAL_ERROR)
      return
    }
    try {
      if (first !== null && first.length > 0) socket.unshift(first)
      this.#challengeSet.secure(socket, certificate, true, (secure) => secure.end())
    } catch (cause) {
      this.#bug(cause)
      socket.destroy()
    }
  }
}

function refuseName(socket: Socket, { plan }: OptionSet): void {
  if (plan.sniStrict) refuse(socket, UNRECOGNIZED_NAME)
  else socket.destroySoon()
}

/** A fatal alert in a record of its own: the handshake is refused before it began. */
function refuse(socket: Socket, alert: number): void {
  socket.end(Buffer.from([21, 3, 1, 0, 2, 2, alert]))
  socket.destroySoon()
}
