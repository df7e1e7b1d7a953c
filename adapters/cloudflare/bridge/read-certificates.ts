import { certificateFacts, LONGEST_CHAIN } from '../../../src/engine/tls/certificate-facts.ts'
import { DerError } from '../../../src/engine/tls/der-reader.ts'
import type { ClientCertificate } from '../../../src/http/request-context.ts'
import type { ClientAuth } from './on-demand.ts'

/** Those of a client whose certificate the network has verified, and which has not been revoked: its own first. */
export function certificatesOf(auth: ClientAuth | undefined): readonly ClientCertificate[] {
  const isVerified = auth?.certPresented === '1' && auth.certVerified === 'SUCCESS' && auth.certRevoked !== '1'
  return isVerified ? readCertificates(auth) : []
}

/**
 * A client's certificate and those between it and its authority (RFC 9440 §2.1: base64 between colons), as far as the
 * network hands them on: not above 10 KB, and 16 KB for the others.
 */
function readCertificates({
  certRFC9440: own,
  certChainRFC9440: others,
}: IncomingRequestCfPropertiesTLSClientAuth): readonly ClientCertificate[] {
  const read: ClientCertificate[] = []
  for (const text of [String(own), ...String(others).split(',', LONGEST_CHAIN - 1)]) {
    const base64 = /^\s*:([A-Za-z0-9+/=]+):\s*$/.exec(text)?.[1]
    const certificate = base64 === undefined ? null : factsOf(base64)
    if (certificate === null) break
    read.push(certificate)
  }
  return read
}

/** Null where it is none. */
function factsOf(base64: string): ClientCertificate | null {
  try {
    return certificateFacts(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)))
  } catch (error) {
    // What `atob` throws is no error of ours either.
    if (error instanceof DerError || error instanceof DOMException) return null
    throw error
  }
}
