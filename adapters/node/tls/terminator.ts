import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Logger } from '../../../src/contracts/ports.ts'
import type { ClientHello } from '../../../src/engine/streams/tcp/client-hello.ts'
import { negotiateAlpn } from '../../../src/engine/tls/alpn.ts'
import type { TlsInfo } from '../../../src/http/request-context.ts'
import type { TlsPlan } from '../../../src/plan/tls.ts'
import { CertificateStore, type LoadedCertificate } from './certificate-store.ts'
import { OptionSet } from './option-set.ts'
import { NodeTlsInfo } from './tls-info.ts'

/** Alerts that we send before OpenSSL sees anything (RFC 8446 §6). */
const UNRECOGNIZED_NAME = 112
const INTERNAL_ERROR = 80
const NO_APPLICATION_PROTOCOL = 120

/** Protocol of the challenge by which authorities check a name (RFC 8737). */
const ACME_TLS = 'acme-tls/1'

/** Ends TLS on clients' connections, with the certificates and options in force. One for all entry points. */
export class TlsTerminator {
  readonly #log: Logger
  readonly #store: CertificateStore
  #sets = new Map<string, { readonly key: string; readonly set: OptionSet }>()

  readonly #bug = (cause: unknown): void => this.#log.log('error', 'Error on a TLS connection', { cause })

  constructor(log: Logger) {
    this.#log = log
    this.#store = new CertificateStore(log)
  }

  /**
   * Takes a new configuration; connections that are open go on as they are. Sets of options that did not change stay,
   * and with them the sessions of their clients.
   */
  replace(plan: TlsPlan): void {
    this.#store.replace(plan.certificates, plan.defaultCertificate)
    const next = new Map<string, { readonly key: string; readonly set: OptionSet }>()
    for (const [name, options] of Object.entries(plan.options)) {
      const key = JSON.stringify(options)
      const before = this.#sets.get(name)
      next.set(name, before?.key === key ? before : { key, set: new OptionSet(options, this.#bug) })
    }
    this.#sets = next
  }

  /** Of servers, those in force; the one that is made where none was given is not among them. */
  get certificates(): readonly LoadedCertificate[] {
    return this.#store.certificates
  }

  /**
   * Does the handshake on a socket that nobody reads any more.
   * @param first octets read from it already, the ClientHello among them
   * @param options qualified name; a set that is not there closes the connection
   * @param secured called once the handshake is done; when it fails the socket closes and nothing is called
   */
  terminate(
    socket: Socket,
    first: Uint8Array | null,
    hello: ClientHello,
    options: string,
    secured: (socket: TLSSocket, info: TlsInfo) => void,
  ): void {
    const set = this.#sets.get(options)?.set
    if (set === undefined) {
      socket.destroySoon()
      return
    }
    if (hello.protocols.includes(ACME_TLS)) {
      refuse(socket, INTERNAL_ERROR)
      return
    }
    const certificate = this.#certificateFor(socket, hello, set)
    if (certificate === null) {
      if (set.plan.sniStrict) refuse(socket, UNRECOGNIZED_NAME)
      else socket.destroySoon()
      return
    }
    const alpn = negotiateAlpn(set.plan.alpnProtocols, hello.protocols)
    if (alpn.kind === 'refused') {
      refuse(socket, NO_APPLICATION_PROTOCOL)
      return
    }
    const start = (chosen: LoadedCertificate): void => {
      if (socket.destroyed) return
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
        this.#log.log('error', 'Unable to make the default certificate', { cause })
        socket.destroy()
      })
    } else start(certificate)
  }

  #certificateFor(
    socket: Socket,
    { serverName }: ClientHello,
    set: OptionSet,
  ): LoadedCertificate | Promise<LoadedCertificate> | null {
    const name = serverName === '' ? localAddress(socket) : serverName
    return this.#store.find(name) ?? (set.plan.sniStrict ? null : this.#store.fallback())
  }
}

function localAddress(socket: Socket): string {
  const address = socket.localAddress ?? ''
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/** A fatal alert in a record of its own: the handshake is refused before it began. */
function refuse(socket: Socket, alert: number): void {
  socket.end(Buffer.from([21, 3, 1, 0, 2, 2, alert]))
  socket.destroySoon()
}
