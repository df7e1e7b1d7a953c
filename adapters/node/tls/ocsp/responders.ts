import { type CertificateParts, certificateParts } from '../../../../src/engine/tls/certificate-parts.ts'
import { DerReader, dottedOf } from '../../../../src/engine/tls/der-reader.ts'
import { certificatesIn } from '../pem.ts'
import type { AskedCertificate } from './status-message.ts'

const AUTHORITY_INFORMATION = '1.3.6.1.5.5.7.1.1'
const OCSP = '1.3.6.1.5.5.7.48.1'
/** RFC 7633: what a server has to offer in the handshake; 5 is the status of its certificate. */
const TLS_FEATURE = '1.3.6.1.5.5.7.1.24'
const STATUS_REQUEST = 5

/** Of responders that a certificate names so many are asked. */
const MOST_RESPONDERS = 4

/** A certificate whose status can be had. */
export interface Stapled extends AskedCertificate {
  /** As the certificate has them. */
  readonly responders: readonly string[]
}

/** Null: it names no responder. @param chain PEM, the leaf first @throws Error where it can't be read */
export function stapledOf(chain: string): Stapled | null {
  const [leaf, next] = certificatesIn(chain)
  if (leaf === undefined) return null
  const { extensions } = certificateParts(leaf.raw)
  const responders = respondersIn(extensions.get(AUTHORITY_INFORMATION))
  if (responders.length === 0) return null
  // Where the chain is the leaf alone it may have signed itself (Traefik v3.7 `pkg/tls/tlsmanager.go`).
  return { leaf, issuer: next ?? leaf, responders }
}

function respondersIn(extension: Uint8Array | undefined): readonly string[] {
  if (extension === undefined) return []
  const responders: string[] = []
  const descriptions = new DerReader(extension).enter(0x30)
  while (!descriptions.done && responders.length < MOST_RESPONDERS) {
    const description = descriptions.enter(0x30)
    const isOcsp = dottedOf(description.take(0x06)) === OCSP
    const { tag, content } = description.next()
    if (isOcsp && tag === 0x86) responders.push(Buffer.from(content).toString('latin1'))
  }
  return responders
}

/** Whether a certificate makes its clients expect a staple. Throws `DerError`. */
export function asksForStaple({ extensions }: CertificateParts): boolean {
  const extension = extensions.get(TLS_FEATURE)
  if (extension === undefined) return false
  const features = new DerReader(extension).enter(0x30)
  while (!features.done) {
    const { content } = features.next()
    if (content.length === 1 && content[0] === STATUS_REQUEST) return true
  }
  return false
}
