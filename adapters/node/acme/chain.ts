import type { X509Certificate } from 'node:crypto'
import { certificateFacts } from '../../../src/engine/tls/certificate-facts.ts'
import { certificateParts } from '../../../src/engine/tls/certificate-parts.ts'
import { DerReader } from '../../../src/engine/tls/der-reader.ts'
import { SEQUENCE } from '../../../src/engine/tls/der-tags.ts'
import { certificatesIn } from '../tls/pem.ts'
import { AcmeError } from './acme-error.ts'
import { certificateId } from './authority-client.ts'
import type { OrderPorts } from './order.ts'

/** Fetches the chain, or the one of its alternates whose last certificate was issued by the preferred root. */
export async function chainOf(
  preferred: string,
  url: string,
  { authority, signer, log }: OrderPorts,
  signal: AbortSignal,
): Promise<string> {
  const first = await authority.chain(url, signer, signal)
  if (preferred === '' || rootOf(first.pem) === preferred) return checked(first.pem)
  for (const alternate of first.alternates) {
    const { pem } = await authority.chain(alternate, signer, signal)
    if (rootOf(pem) === preferred) return checked(pem)
  }
  log.log('info', 'No chain of the authority has the preferred root, its first one is taken', {
    preferredChain: preferred,
  })
  return checked(first.pem)
}

function rootOf(pem: string): string | null {
  const last = readable(pem).at(-1)
  return last === undefined
    ? null
    : (certificateFacts(last.raw).issuer.findLast(([name]) => name === 'CN')?.[1] ?? null)
}

function checked(pem: string): string {
  if (readable(pem).length === 0) throw new AcmeError('', null, 'the authority’s certificate can’t be read', null)
  return pem
}

function readable(pem: string): readonly X509Certificate[] {
  try {
    return certificatesIn(pem)
  } catch {
    // OpenSSL's words say nothing about whose fault it is.
    throw new AcmeError('', null, 'the authority’s certificate can’t be read', null)
  }
}

const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35'

/** What names a certificate where its renewal is asked for (RFC 9773 §4.1); null: it does not name its issuer's key. */
export function renewalIdOf(pem: string): string | null {
  try {
    const leaf = certificatesIn(pem)[0]
    if (leaf === undefined) return null
    const { serial, extensions } = certificateParts(leaf.raw)
    const identifier = extensions.get(AUTHORITY_KEY_IDENTIFIER)
    if (identifier === undefined) return null
    const fields = new DerReader(identifier).enter(SEQUENCE)
    return fields.peek() === 0x80 ? certificateId(fields.take(0x80), serial) : null
  } catch {
    // A stored one may be anything: it is renewed as if nobody knew better.
    return null
  }
}
