import { canonicalServerName } from './host-options.ts'

/** A certificate by what it is called: common name, DNS names and addresses, lower case. */
export interface NamedCertificate<C> {
  readonly names: readonly string[]
  readonly certificate: C
}

interface Ranked<C> {
  readonly rank: number
  readonly certificate: C
}

/**
 * Finds a certificate by server name (Traefik v3.7 `pkg/tls/certificate_store.go`): of certificates with the same names
 * the first one counts; they are tried in descending order of their names joined by commas, and the first with the name
 * itself, or a wildcard for its first label, wins.
 */
export class CertificateIndex<C> {
  /** Those that count. */
  readonly certificates: readonly C[]
  readonly #byName = new Map<string, Ranked<C>>()

  constructor(all: readonly NamedCertificate<C>[]) {
    const byKey = new Map<string, NamedCertificate<C>>()
    for (const one of all) {
      const key = [...new Set(one.names)].sort().join(',')
      if (!byKey.has(key)) byKey.set(key, one)
    }
    this.certificates = [...byKey.values()].map(({ certificate }) => certificate)
    const keys = [...byKey.keys()].sort().reverse()
    keys.forEach((key, rank) => {
      const { names, certificate } = byKey.get(key)!
      for (const name of names) {
        const plain = name.endsWith('.') ? name.slice(0, -1) : name
        if (!this.#byName.has(plain)) this.#byName.set(plain, { rank, certificate })
      }
    })
  }

  /** @param serverName SNI or the address the client came to; null when no certificate is for it */
  find(serverName: string): C | null {
    const name = canonicalServerName(serverName)
    if (name === '') return null
    const exact = this.#byName.get(name)
    const dot = name.indexOf('.')
    const wildcard = dot === -1 ? undefined : this.#byName.get(`*${name.slice(dot)}`)
    if (exact === undefined || wildcard === undefined) return (exact ?? wildcard)?.certificate ?? null
    return exact.rank < wildcard.rank ? exact.certificate : wildcard.certificate
  }
}
