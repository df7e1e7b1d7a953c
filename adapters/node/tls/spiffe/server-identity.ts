import { X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls'
import { certificateParts } from '../../../../src/engine/tls/certificate-parts.ts'
import { DerReader } from '../../../../src/engine/tls/der-reader.ts'
import { parseSpiffeId, type SpiffePlan } from '../../../../src/plan/spiffe.ts'

const KEY_USAGE = '2.5.29.15'
const ALTERNATIVE_NAME = '2.5.29.17'
/** Bits of the first octet: signing of certificates, and of lists of revoked ones. */
const SIGNS_CERTIFICATES = 0x04
const SIGNS_LISTS = 0x02

/** Longer ones lead nowhere. */
const LONGEST_CHAIN = 10

/**
 * Why a server is not whom we want (as go-spiffe `x509svid.Verify` and Traefik's authorizer have it); undefined: it is.
 * That its chain leads to one of the authorities that we know is sure already; here it must be one of its own domain.
 */
export function identityFault(
  accepted: SpiffePlan,
  certificate: PeerCertificate,
  authorities: ReadonlyMap<string, readonly X509Certificate[]>,
): Error | undefined {
  try {
    const [leaf, ...rest] = chainOf(certificate)
    const id = identityOf(leaf!)
    const roots = authorities.get(id.trustDomain)
    if (roots === undefined) return new Error(`there are no authorities of the trust domain ${id.trustDomain}`)
    if (!leadsTo(roots, leaf!, rest)) return new Error(`no authority of ${id.trustDomain} has signed its certificate`)
    return isAccepted(accepted, id) ? undefined : new Error(`its identity ${id.text} is not accepted`)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

interface Identity {
  readonly text: string
  readonly trustDomain: string
}

function isAccepted({ ids, trustDomain }: SpiffePlan, id: Identity): boolean {
  if (ids.length > 0) return ids.includes(id.text)
  return trustDomain === '' || trustDomain === id.trustDomain
}

/** @throws Error where the certificate is for nobody */
function identityOf(leaf: X509Certificate): Identity {
  const { extensions } = certificateParts(leaf.raw)
  const uris = urisIn(extensions.get(ALTERNATIVE_NAME))
  if (uris.length !== 1) throw new Error(`its certificate has ${uris.length === 0 ? 'no' : 'more than one'} URI`)
  const id = parseSpiffeId(uris[0]!)
  if (typeof id === 'string') throw new Error(`the URI of its certificate is no SPIFFE ID: ${id}`)
  const usage = extensions.get(KEY_USAGE)
  const bits = usage === undefined ? 0 : (new DerReader(usage).take(0x03)[1] ?? 0)
  if (leaf.ca || (bits & (SIGNS_CERTIFICATES | SIGNS_LISTS)) !== 0)
    throw new Error('its certificate is that of an authority')
  return { text: uris[0]!, trustDomain: id.trustDomain }
}

function urisIn(names: Uint8Array | undefined): readonly string[] {
  if (names === undefined) return []
  const uris: string[] = []
  const reader = new DerReader(names).enter(0x30)
  while (!reader.done) {
    const { tag, content } = reader.next()
    if (tag === 0x86) uris.push(Buffer.from(content).toString('latin1'))
  }
  return uris
}

/** What the server has shown, and what was found to it. */
function chainOf(certificate: PeerCertificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  let next: Partial<DetailedPeerCertificate> | undefined = certificate
  const seen = new Set<unknown>()
  while (next?.raw !== undefined && !seen.has(next) && chain.length < LONGEST_CHAIN) {
    seen.add(next)
    chain.push(new X509Certificate(next.raw))
    next = next.issuerCertificate
  }
  return chain
}

function leadsTo(
  roots: readonly X509Certificate[],
  leaf: X509Certificate,
  between: readonly X509Certificate[],
): boolean {
  const isSignedBy = (one: X509Certificate, issuer: X509Certificate): boolean =>
    one.checkIssued(issuer) && one.verify(issuer.publicKey)
  let left = between
  for (let current = leaf; ; ) {
    if (roots.some((root) => isSignedBy(current, root))) return true
    const next = left.find((one) => one.ca && isSignedBy(current, one))
    if (next === undefined) return false
    left = left.filter((one) => one !== next)
    current = next
  }
}
