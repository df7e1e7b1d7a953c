import { GROUPS_BY_PREFERENCE, type TlsVersion } from '../../plan/tls.ts'

/** Go's names of TLS parameters, and OpenSSL's for the same. */

/**
 * Suites up to TLS 1.2 (Traefik v3.7 `pkg/tls/cipher.go`). Null: known, and not there any more or not chosen by name.
 */
const CIPHER_SUITES: Readonly<Record<string, string | null>> = {
  TLS_RSA_WITH_RC4_128_SHA: null,
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: null,
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: null,
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_RC4_128_SHA: null,
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: null,
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_AES_128_GCM_SHA256: null,
  TLS_AES_256_GCM_SHA384: null,
  TLS_CHACHA20_POLY1305_SHA256: null,
  TLS_FALLBACK_SCSV: null,
}

/** In the order in which Go takes them, whatever the order of the option (`crypto/tls` `cipherSuitesPreferenceOrder`). */
const SUITES_BY_PREFERENCE: readonly string[] = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
  'ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'AES128-SHA256',
]

/** Groups (Traefik v3.7 `pkg/tls/certificate.go`). */
const GROUPS: Readonly<Record<string, string>> = {
  secp256r1: 'P-256',
  curvep256: 'P-256',
  secp384r1: 'P-384',
  curvep384: 'P-384',
  secp521r1: 'P-521',
  curvep521: 'P-521',
  x25519: 'X25519',
  x25519mlkem768: 'X25519MLKEM768',
  secp256r1mlkem768: 'SecP256r1MLKEM768',
  secp384r1mlkem1024: 'SecP384r1MLKEM1024',
}

const GROUP_SPELLINGS = new Set([
  'secp256r1',
  'CurveP256',
  'secp384r1',
  'CurveP384',
  'secp521r1',
  'CurveP521',
  'x25519',
  'X25519',
  'x25519mlkem768',
  'X25519MLKEM768',
  'secp256r1mlkem768',
  'SecP256r1MLKEM768',
  'secp384r1mlkem1024',
  'SecP384r1MLKEM1024',
])

const VERSIONS: Readonly<Record<string, TlsVersion>> = {
  VersionTLS10: 'TLSv1',
  VersionTLS11: 'TLSv1.1',
  VersionTLS12: 'TLSv1.2',
  VersionTLS13: 'TLSv1.3',
}

/** Lowest first. */
export const TLS_VERSIONS: readonly TlsVersion[] = Object.values(VERSIONS)

/** Null when there is no such version. */
export const versionOf = (name: string | undefined): TlsVersion | null =>
  name !== undefined && Object.hasOwn(VERSIONS, name) ? VERSIONS[name]! : null

/** OpenSSL's names of the suites that it still has, the preferred one first, or the first name that is none. */
export function cipherSuitesOf(names: readonly string[]): {
  readonly suites: string[]
  readonly unknown: string | null
} {
  const suites: string[] = []
  for (const name of names) {
    if (!Object.hasOwn(CIPHER_SUITES, name)) return { suites, unknown: name }
    const suite = CIPHER_SUITES[name]!
    if (suite !== null && !suites.includes(suite)) suites.push(suite)
  }
  return { suites: SUITES_BY_PREFERENCE.filter((suite) => suites.includes(suite)), unknown: null }
}

/** OpenSSL's names of groups, the preferred one first, or the first name that is none. */
export function groupsOf(names: readonly string[]): { readonly groups: string[]; readonly unknown: string | null } {
  const groups: string[] = []
  for (const name of names) {
    if (!GROUP_SPELLINGS.has(name)) return { groups, unknown: name }
    const group = GROUPS[name.toLowerCase()]!
    if (!groups.includes(group)) groups.push(group)
  }
  return { groups: GROUPS_BY_PREFERENCE.filter((group) => groups.includes(group)), unknown: null }
}
