import { parseSpiffeId, parseTrustDomain, type SpiffePlan } from '../../plan/spiffe.ts'
import type { HttpServersTransport } from '../dynamic/http.ts'

type Options = NonNullable<HttpServersTransport['spiffe']>

/** Options that say something of TLS to servers beside it. */
export type TlsBeside = Pick<
  HttpServersTransport,
  | 'insecureSkipVerify'
  | 'rootCAs'
  | 'serverName'
  | 'certificates'
  | 'peerCertURI'
  | 'peerCertSANs'
  | 'cipherSuites'
  | 'minVersion'
  | 'maxVersion'
>

/** Identities as connections check them, absent where none are wanted. */
export function planSpiffe(options: Options | undefined): { readonly spiffe?: SpiffePlan } {
  if (options === undefined) return {}
  const domain = parseTrustDomain(options.trustDomain ?? '')
  return { spiffe: { ids: options.ids ?? [], trustDomain: 'fault' in domain ? '' : domain.trustDomain } }
}

/**
 * Why identities can't be checked, in Traefik's words (v3.7 `pkg/server/service/transport.go`); null: they can, or none are
 * wanted.
 * @param hasSource the install configuration says where the proxy's own identity comes from
 */
export function spiffeFault(options: Options | undefined, beside: TlsBeside, hasSource: boolean): string | null {
  if (options === undefined) return null
  if (!hasSource) return 'SPIFFE is enabled for this transport, but not configured: spiffe.workloadAPIAddr is missing'
  const { ids = [], trustDomain = '' } = options
  for (const text of ids) {
    const id = parseSpiffeId(text)
    if (typeof id === 'string')
      return `unable to build SPIFFE authorizer: invalid SPIFFE ID ${JSON.stringify(text)}: ${id}`
  }
  if (ids.length === 0 && trustDomain !== '') {
    const domain = parseTrustDomain(trustDomain)
    if ('fault' in domain) {
      return `unable to build SPIFFE authorizer: invalid SPIFFE trust domain ${JSON.stringify(trustDomain)}: ${domain.fault}`
    }
  }
  return saysMore(beside) ? 'TLS and SPIFFE configuration cannot be defined at the same time' : null
}

function saysMore(beside: TlsBeside): boolean {
  const { insecureSkipVerify = false, serverName, peerCertURI, minVersion, maxVersion } = beside
  const { rootCAs, certificates, peerCertSANs, cipherSuites } = beside
  return (
    insecureSkipVerify ||
    [serverName, peerCertURI, minVersion, maxVersion].some((text = '') => text !== '') ||
    [rootCAs, certificates, peerCertSANs, cipherSuites].some((list = []) => list.length > 0)
  )
}
