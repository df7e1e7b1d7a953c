import type { TLSSocket } from 'node:tls'
import { certificateFacts, LONGEST_CHAIN } from '../../../src/engine/tls/certificate-facts.ts'
import { DerError } from '../../../src/engine/tls/der-reader.ts'
import { nameText } from '../../../src/http/name-text.ts'
import type { ClientCertificate, TlsInfo } from '../../../src/http/request-context.ts'

/** What is known of a client's TLS connection; certificates are read when somebody asks. */
export class NodeTlsInfo implements TlsInfo {
  readonly version: string
  readonly cipher: string
  readonly serverName: string | null
  readonly options: string | null
  readonly #socket: TLSSocket
  #certificates: readonly ClientCertificate[] | null = null
  #clientSubject: string | null = null

  /** @param serverName lower case; empty when the client named none */
  constructor(socket: TLSSocket, serverName: string, options: string | null) {
    this.#socket = socket
    this.version = socket.getProtocol() ?? ''
    this.cipher = socket.getCipher()?.standardName ?? ''
    this.serverName = serverName === '' ? null : serverName
    this.options = options
  }

  readonly chainFault = (): string | null =>
    this.#socket.authorized ? null : faultWords(String(this.#socket.authorizationError ?? ''))

  certificates(): readonly ClientCertificate[] {
    this.#certificates ??= readChain(this.#socket)
    return this.#certificates
  }

  clientSubject(): string | null {
    const [certificate] = this.certificates()
    if (certificate === undefined) return null
    this.#clientSubject ??= nameText(certificate.subject)
    return this.#clientSubject
  }
}

function readChain(socket: TLSSocket): readonly ClientCertificate[] {
  const chain: ClientCertificate[] = []
  let current = socket.getPeerX509Certificate()
  while (current !== undefined && chain.length < LONGEST_CHAIN) {
    try {
      chain.push(certificateFacts(current.raw))
    } catch (error) {
      if (!(error instanceof DerError)) throw error
      return chain
    }
    current = current.issuerCertificate
  }
  return chain
}

/** Why a chain is no good, in Go's words. @param code that of OpenSSL */
function faultWords(code: string): string {
  if (/^(?:CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/.test(code)) return 'x509: certificate has expired or is not yet valid'
  return /^$|SELF_SIGNED_CERT|^UNABLE_TO_(?:GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)/.test(code)
    ? 'x509: certificate signed by unknown authority'
    : code
}
