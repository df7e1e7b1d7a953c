import { X509Certificate } from 'node:crypto'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { certificateFacts } from '../../../src/engine/tls/certificate-facts.ts'
import type { ServerTlsPlan } from '../../../src/plan/tls.ts'

/** What names of a certificate are asked for beside the host name; false: none. */
export const checksNames = ({ peerCertURI, peerCertSANs = [] }: ServerTlsPlan): boolean =>
  peerCertURI !== '' || peerCertSANs.length > 0

/** Whether a certificate has one of the names that are wanted; undefined: it has, or none are. */
export function alternativeNameFault(
  { peerCertSANs = [] }: ServerTlsPlan,
  certificate: PeerCertificate,
): Error | undefined {
  if (peerCertSANs.length === 0) return undefined
  const { alternativeNames } = certificateFacts(new X509Certificate(certificate.raw).raw)
  // Without a name of that kind the subject would count.
  const hasDns = certificate.subjectaltname?.includes('DNS:') === true
  const fits = peerCertSANs.some(({ type, value }) =>
    type === 'URI' ? alternativeNames.includes(value) : hasDns && checkServerIdentity(value, certificate) === undefined,
  )
  return fits ? undefined : new Error('the certificate of the server has none of the names that are wanted')
}
