import type { SpiffePlan } from './spiffe.ts'

/** TLS of entry points: plain JSON. Keys and certificates are paths or PEM texts, which the adapter reads. */
export interface TlsPlan {
  /** Certificates of the default store, in the order they are loaded: of equal names the first one counts. */
  readonly certificates: readonly CertificatePlan[]
  /** Null: a self-signed one is made. */
  readonly defaultCertificate: CertificatePlan | null
  /**
   * By qualified name; the default ones are `default`. A set that is not in here closes the connections that need it.
   */
  readonly options: Readonly<Record<string, TlsOptionsPlan>>
  /** Names of the default certificate that a resolver brings; absent: none does. */
  readonly defaultNames?: readonly string[]
  /** Certificates that resolvers are to bring; absent: none. */
  readonly wanted?: readonly WantedCertificate[]
  /** Per entry point: options by lower-case host, `*.x` or `*`. */
  readonly hosts: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** A certificate that a resolver is to bring. */
export interface WantedCertificate {
  /** As it is called in the install configuration. */
  readonly resolver: string
  /** Lower case, wildcards as `*.x`, the main one first; at least one. */
  readonly names: readonly string[]
  /** Who wants it, for messages. */
  readonly origin: string
  /** It is for connections for whose name there is none. */
  readonly isDefault: boolean
}

export interface CertificatePlan {
  readonly certFile: string
  readonly keyFile: string
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** How client certificates are treated (Go `crypto/tls` `ClientAuthType`). */
export type ClientAuthMode =
  | 'NoClientCert'
  | 'RequestClientCert'
  | 'RequireAnyClientCert'
  | 'VerifyClientCertIfGiven'
  | 'RequireAndVerifyClientCert'

/** A set of TLS options, valid as far as can be told without reading files. */
export interface TlsOptionsPlan {
  readonly minVersion: TlsVersion
  readonly maxVersion: TlsVersion
  /** OpenSSL's names, for versions up to 1.2; empty: those versions have none. */
  readonly cipherSuites: readonly string[]
  /** OpenSSL's names of key exchange groups; empty: its own choice. */
  readonly groups: readonly string[]
  readonly clientAuth: ClientAuthMode
  /** PEM texts. */
  readonly clientCAs: readonly string[]
  /** A name without a certificate is refused. */
  readonly sniStrict: boolean
  readonly alpnProtocols: readonly string[]
  readonly sessionTickets: boolean
}

/** How servers are spoken to over TLS. */
export interface ServerTlsPlan {
  /** SNI and the name that is verified; empty: the server's host. */
  readonly serverName: string
  readonly insecureSkipVerify: boolean
  /** Paths or PEM texts; empty: those of the system. */
  readonly rootCAs: readonly string[]
  /** Client certificates. */
  readonly certificates: readonly CertificatePlan[]
  /** OpenSSL's names, for versions up to 1.2; null: the default ones. */
  readonly cipherSuites: readonly string[] | null
  /** Null: the default. */
  readonly minVersion: TlsVersion | null
  readonly maxVersion: TlsVersion | null
  /** A URI name that the certificate must have; empty: none. */
  readonly peerCertURI: string
  /** Names of which the certificate must have one; absent: none. */
  readonly peerCertSANs?: readonly AlternativeNamePlan[]
  /** Servers show identities in place of names, and so do we; absent: they don't. */
  readonly spiffe?: SpiffePlan
}

/** A subject alternative name. */
export interface AlternativeNamePlan {
  readonly type: 'DNSName' | 'URI'
  readonly value: string
}

/** TLS as the platform has it, or none. */
export const NO_TLS: TlsPlan = { certificates: [], defaultCertificate: null, options: {}, hosts: {} }

/** Groups by OpenSSL's names, in the order in which Go takes them (`crypto/tls` `defaultCurvePreferences`). */
export const GROUPS_BY_PREFERENCE: readonly string[] = [
  'X25519MLKEM768',
  'SecP256r1MLKEM768',
  'SecP384r1MLKEM1024',
  'X25519',
  'P-256',
  'P-384',
  'P-521',
]

/** To servers, where nothing is said. */
export const DEFAULT_SERVER_TLS: ServerTlsPlan = {
  serverName: '',
  insecureSkipVerify: false,
  rootCAs: [],
  certificates: [],
  cipherSuites: null,
  minVersion: null,
  maxVersion: null,
  peerCertURI: '',
}
