import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import type { Certificates, ShownCertificate } from '../../../src/api/certificates.ts'
import type { View } from '../../../src/api/views.ts'
import { certificateFacts } from '../../../src/engine/tls/certificate-facts.ts'
import { certificateForm } from '../../../src/engine/tls/signature-algorithm.ts'
import { parseIp } from '../../../src/http/ip.ts'
import type { ClientCertificate } from '../../../src/http/request-context.ts'
import type { LoadedCertificate } from '../tls/certificate-store.ts'

/** What the API shows of the certificates in force; each is read once, when somebody first asks. */
export class InForceCertificates implements Certificates {
  readonly #loaded: () => readonly LoadedCertificate[]
  readonly #shown = new WeakMap<LoadedCertificate, ShownCertificate>()

  constructor(loaded: () => readonly LoadedCertificate[]) {
    this.#loaded = loaded
  }

  *all(): Generator<ShownCertificate> {
    for (const loaded of this.#loaded()) {
      let shown = this.#shown.get(loaded)
      if (shown === undefined) {
        shown = { notAfter: loaded.notAfter, view: viewOf(new X509Certificate(loaded.cert)) }
        this.#shown.set(loaded, shown)
      }
      yield shown
    }
  }

  *ends(): Generator<Date> {
    for (const { notAfter } of this.#loaded()) yield notAfter
  }
}

/** Keys as Traefik's `pkg/api/certificate.go` has them; empty texts of some of them are left out. */
function viewOf({ raw, publicKey }: X509Certificate): View {
  const facts = certificateFacts(raw)
  const { version, signatureAlgorithm } = certificateForm(raw)
  const fingerprint = sha256(raw)
  return {
    name: fingerprint,
    sans: namesOf(facts),
    notAfter: goTime(facts.notAfter),
    notBefore: goTime(facts.notBefore),
    serialNumber: facts.serialNumber,
    commonName: facts.subject.findLast(([name]) => name === 'CN')?.[1] ?? '',
    issuerOrg: first(facts.issuer, 'O'),
    issuerCN: facts.issuer.findLast(([name]) => name === 'CN')?.[1] || undefined,
    issuerCountry: first(facts.issuer, 'C'),
    organization: first(facts.subject, 'O'),
    country: first(facts.subject, 'C'),
    version: `v${version}`,
    ...keyFacts(publicKey),
    signatureAlgorithm,
    certFingerprint: fingerprint,
    publicKeyFingerprint: sha256(publicKey.export({ type: 'spki', format: 'der' })),
  }
}

const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex')

const first = (name: ClientCertificate['subject'], attribute: string): string | undefined =>
  name.find(([found]) => found === attribute)?.[1] || undefined

/** DNS names and addresses. */
const namesOf = ({ alternativeNames }: ClientCertificate): readonly string[] =>
  alternativeNames.filter((name) => parseIp(name) !== null || !/[@/:]/.test(name)).sort((a, b) => (a < b ? -1 : 1))

/** RFC 3339 without the fraction that there never is. */
const goTime = (date: Date): string => date.toISOString().replace('.000Z', 'Z')

/** Bits of the curves that Go has. */
const CURVES: Readonly<Record<string, number>> = { secp224r1: 224, prime256v1: 256, secp384r1: 384, secp521r1: 521 }

function keyFacts({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): View {
  if (asymmetricKeyType === 'rsa') return { keyType: 'RSA', keySize: asymmetricKeyDetails?.modulusLength }
  if (asymmetricKeyType === 'ec') {
    return { keyType: 'ECDSA', keySize: CURVES[asymmetricKeyDetails?.namedCurve ?? ''] }
  }
  return { keyType: 'Unknown' }
}
