import { commonHostnames } from './listener.ts'

/** Which routes have which host names at a listener. */
export class HostnameHolders {
  /** Who came first; null: nobody. */
  #first: string | null = null
  /** Who has all of them; null: nobody. */
  #all: string | null = null
  readonly #exact = new Map<string, string>()
  readonly #wildcards: { readonly hostname: string; readonly item: string }[] = []

  /** @param hostnames empty: all */
  add(hostnames: readonly string[], item: string): void {
    this.#first ??= item
    if (hostnames.length === 0) this.#all ??= item
    for (const hostname of hostnames) {
      if (hostname.startsWith('*.')) this.#wildcards.push({ hostname, item })
      else if (!this.#exact.has(hostname)) this.#exact.set(hostname, item)
    }
  }

  /** Who has one of them, or a part of one; null: nobody. @param hostnames empty: all */
  holderOf(hostnames: readonly string[]): string | null {
    if (hostnames.length === 0) return this.#first
    if (this.#all !== null) return this.#all
    for (const hostname of hostnames) {
      const holder = this.#holderOf(hostname)
      if (holder !== null) return holder
    }
    return null
  }

  #holderOf(hostname: string): string | null {
    const exact = this.#exact.get(hostname)
    if (exact !== undefined) return exact
    const overlaps = (other: string): boolean => commonHostnames(hostname, [other]) !== null
    for (const wildcard of this.#wildcards) if (overlaps(wildcard.hostname)) return wildcard.item
    if (!hostname.startsWith('*.')) return null
    for (const [other, item] of this.#exact) if (overlaps(other)) return item
    return null
  }
}
