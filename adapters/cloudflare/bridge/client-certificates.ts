import type { ClientCertificate } from '../../../src/http/request-context.ts'
import type { WantedKinds } from '../../../src/plan/guide.ts'

/** What the network says of the certificate that a client has shown to it. */
export type ClientAuth = IncomingRequestCfPropertiesTLSClientAuth | IncomingRequestCfPropertiesTLSClientAuthPlaceholder

/** Middlewares that tell of certificates. */
const READERS = ['passTLSClientCert', 'authTLSPassCertificateToUpstream']

let read: (auth: IncomingRequestCfPropertiesTLSClientAuth) => readonly ClientCertificate[] = () => []

/** Loads what reads certificates, if a plan has a middleware that tells of them. */
export async function loadCertificates({ middlewares }: WantedKinds): Promise<void> {
  if (!READERS.some((kind) => middlewares.includes(kind))) return
  ;({ readCertificates: read } = await import('./read-certificates.ts'))
}

/** Those of a client whose certificate the network has verified, and which has not been revoked: its own first. */
export function clientCertificates(auth: ClientAuth | undefined): readonly ClientCertificate[] {
  const isVerified = auth?.certPresented === '1' && auth.certVerified === 'SUCCESS' && auth.certRevoked !== '1'
  return isVerified ? read(auth) : []
}
