/** Names of certificates, and whether one of them is good for a name (Traefik v3.7 `pkg/types/domains.go`). */
export class NameCover {
  readonly #names = new Set<string>()

  /** @param names lower case, wildcards as `*.x` */
  constructor(names: Iterable<string>) {
    for (const name of names) this.add(name)
  }

  add(name: string): void {
    this.#names.add(name)
    this.#names.add(name.replace(/\.+$/, ''))
  }

  /** By the name itself, or with asterisks in place of its first labels. */
  covers(name: string): boolean {
    if (this.#names.has(name)) return true
    for (let [stars, rest] = ['', name]; ; ) {
      const dot = rest.indexOf('.')
      stars += '*'
      if (dot === -1) return this.#names.has(stars)
      if (this.#names.has(stars + rest.slice(dot))) return true
      rest = rest.slice(dot + 1)
      stars += '.'
    }
  }

  /** Those that none of the names is good for. */
  uncovered(names: readonly string[]): readonly string[] {
    return names.filter((name) => !this.covers(name))
  }
}

/** Whether one name of a certificate is good for a name. */
export const matchesName = (name: string, certificateName: string): boolean =>
  new NameCover([certificateName]).covers(name)
