import type { AlternativeNamePlan } from '../../plan/tls.ts'
import type { HttpServersTransport } from '../dynamic/http.ts'

type Names = HttpServersTransport['peerCertSANs']

/** Names as connections check them, absent where none are wanted. */
export const planAlternativeNames = (names: Names): { readonly peerCertSANs?: readonly AlternativeNamePlan[] } =>
  names === undefined || names.length === 0
    ? {}
    : { peerCertSANs: names.map(({ type, value = '' }) => ({ type: type as AlternativeNamePlan['type'], value })) }

/** Why they can't be checked; null: they can. */
export function alternativeNamesFault(names: Names): string | null {
  const wrong = names?.find(({ type, value = '' }) => (type !== 'DNSName' && type !== 'URI') || value === '')
  return wrong === undefined ? null : 'peerCertSANs: each has a type (DNSName or URI) and a value'
}
