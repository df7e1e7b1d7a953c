import { orderKey, type Want } from '../../../src/compiler/acme/due.ts'
import type { StoredCertificate } from './storage/stored-data.ts'

type Tell = (certificate: StoredCertificate | null) => void

/** Names that clients have asked for, and who waits for their certificates. */
export class Demands {
  readonly #waiting = new Map<string, Set<Tell>>()

  /** Null: it could not be had. */
  wait(name: string): Promise<StoredCertificate | null> {
    return new Promise((resolve) => {
      const key = orderKey([name])
      this.#waiting.set(key, (this.#waiting.get(key) ?? new Set()).add(resolve))
    })
  }

  /** A name that failed is not tried by itself: the next client decides. */
  get wanted(): readonly Want[] {
    return [...this.#waiting.keys()].map((name) => ({ names: [name], isDefault: false }))
  }

  fail(key: string): void {
    this.#tell(key, null)
  }

  /**
   * Who waits for a name that is there by now hears of it, and whoever waits for what nobody orders.
   * @param isOrdered whether it is being ordered, or will be
   */
  settle(find: (name: string) => StoredCertificate | undefined, isOrdered: (key: string) => boolean): void {
    for (const key of [...this.#waiting.keys()]) {
      const found = find(key)
      if (found !== undefined || !isOrdered(key)) this.#tell(key, found ?? null)
    }
  }

  end(): void {
    for (const key of [...this.#waiting.keys()]) this.#tell(key, null)
  }

  #tell(key: string, certificate: StoredCertificate | null): void {
    const waiting = this.#waiting.get(key) ?? []
    this.#waiting.delete(key)
    for (const tell of waiting) tell(certificate)
  }
}
