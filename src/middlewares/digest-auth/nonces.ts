/** Nonces kept at most, and how many go when there are more. */
const MAX_NONCES = 1_100
const PURGED = 200

/** 12 random bytes in base64: 16 characters. */
export const randomToken = (): string => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(12))))

/**
 * Nonces of Digest challenges and the last count that came with each; those that were not used for longest go first.
 */
export class Nonces {
  readonly #counts = new Map<string, bigint>()

  create(): string {
    const nonce = randomToken()
    this.#counts.set(nonce, 0n)
    if (this.#counts.size > MAX_NONCES) {
      let left = PURGED
      for (const oldest of this.#counts.keys()) {
        this.#counts.delete(oldest)
        if (--left === 0) break
      }
    }
    return nonce
  }

  /** Whether the count is one that was not used: `stale` asks the client to begin with a new nonce. */
  use(nonce: string, count: bigint): 'fresh' | 'stale' | 'refused' {
    const last = this.#counts.get(nonce)
    if (last === undefined || count === last) return 'refused'
    if (count < last) return 'stale'
    this.#counts.delete(nonce)
    this.#counts.set(nonce, count)
    return 'fresh'
  }
}
