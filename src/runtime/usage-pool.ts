/** Something that was opened and is given back. */
export interface Closable {
  close(): void
}

/** A share in something: `value` may be used until `close`, which a second time does nothing. */
export interface Usage<T> extends Closable {
  readonly value: T
}

/**
 * What is shared by everybody who asks for it with equal options, over snapshots: connections to servers, clients of
 * Redis. It closes with its last user, so a reload that changes nothing about it keeps it (Caddy `usagepool.go`).
 */
export class UsagePool<T extends Closable> {
  readonly #entries = new Map<string, { readonly value: T; users: number }>()

  /** @param key equal for equal options, with what the files that they name hold */
  use(key: string, create: () => T): Usage<T> {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = { value: create(), users: 0 }
      this.#entries.set(key, entry)
    }
    const { value } = entry
    entry.users++
    let isOpen = true
    return {
      value,
      close: () => {
        if (!isOpen) return
        isOpen = false
        this.#release(key)
      },
    }
  }

  #release(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined || --entry.users > 0) return
    this.#entries.delete(key)
    entry.value.close()
  }
}
