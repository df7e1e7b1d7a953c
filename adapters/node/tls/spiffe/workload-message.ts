import { createPrivateKey, X509Certificate } from 'node:crypto'
import { DerReader } from '../../../../src/engine/tls/der-reader.ts'
import { parseSpiffeId, parseTrustDomain } from '../../../../src/plan/spiffe.ts'
import { fieldsOf } from '../../grpc/protobuf.ts'

/** What the workload API says: our identity, and the authorities of trust domains. */
export interface WorkloadIdentity {
  /** `spiffe://…` */
  readonly id: string
  /** PEM, the leaf first. */
  readonly chain: readonly string[]
  /** PEM. */
  readonly key: string
  readonly notAfter: Date
  readonly authorities: ReadonlyMap<string, readonly X509Certificate[]>
}

interface Svid {
  readonly id: string
  readonly certificates: Buffer
  readonly key: Buffer
  readonly bundle: Buffer
}

/** Certificates that a chain or a bundle may have. */
const MOST_CERTIFICATES = 200

/**
 * Reads an `X509SVIDResponse`
 * (https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md). Of several identities the first counts,
 * as with Traefik. @throws Error without any of its content
 */
export function identityIn(message: Buffer): WorkloadIdentity {
  const svids: Svid[] = []
  const authorities = new Map<string, readonly X509Certificate[]>()
  for (const { field, value } of fieldsOf(message)) {
    if (typeof value === 'bigint') continue
    if (field === 1) svids.push(svidIn(value))
    else if (field === 3) {
      const [domain, bundle] = entryIn(value)
      const parsed = parseTrustDomain(domain)
      if ('fault' in parsed) throw new Error(`a federated bundle is of no trust domain: ${parsed.fault}`)
      authorities.set(parsed.trustDomain, certificatesIn(bundle))
    }
  }
  const [first] = svids
  if (first === undefined) throw new Error('there is no identity in it')
  for (const { id, bundle } of svids) {
    const parsed = parseSpiffeId(id)
    if (typeof parsed === 'string') throw new Error(`an identity is none: ${parsed}`)
    authorities.set(parsed.trustDomain, certificatesIn(bundle))
  }
  const chain = certificatesIn(first.certificates)
  const [leaf] = chain
  if (leaf === undefined) throw new Error('the identity has no certificate')
  return {
    id: first.id,
    chain: chain.map(String),
    key: keyOf(first.key, leaf),
    notAfter: leaf.validToDate,
    authorities,
  }
}

function svidIn(message: Buffer): Svid {
  const parts: Buffer[] = []
  for (const { field, value } of fieldsOf(message)) if (typeof value !== 'bigint') parts[field] = value
  const of = (field: number): Buffer => parts[field] ?? Buffer.alloc(0)
  return { id: of(1).toString('utf8'), certificates: of(2), key: of(3), bundle: of(4) }
}

/** An entry of a map of texts and octets. */
function entryIn(message: Buffer): readonly [key: string, value: Buffer] {
  let [key, content] = ['', Buffer.alloc(0) as Buffer]
  for (const { field, value } of fieldsOf(message)) {
    if (typeof value === 'bigint') continue
    if (field === 1) key = value.toString('utf8')
    else if (field === 2) content = value
  }
  return [key, content]
}

/** Certificates in DER, one after the other. */
function certificatesIn(der: Buffer): readonly X509Certificate[] {
  const certificates: X509Certificate[] = []
  const reader = new DerReader(der)
  try {
    while (!reader.done && certificates.length < MOST_CERTIFICATES) {
      certificates.push(new X509Certificate(reader.whole(0x30)))
    }
  } catch {
    // OpenSSL's words say nothing that would help.
    throw new Error('a certificate in it can’t be read')
  }
  return certificates
}

function keyOf(der: Buffer, leaf: X509Certificate): string {
  let key: ReturnType<typeof createPrivateKey>
  try {
    key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  } catch {
    // OpenSSL's words are about a key, and stay out of the log.
    throw new Error('the key of the identity can’t be read')
  }
  if (!leaf.checkPrivateKey(key)) throw new Error('the key of the identity is of another certificate')
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
