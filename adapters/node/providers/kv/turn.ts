import { reasonOf } from '../api-client/api-error.ts'
import { ProviderRefused } from '../provider.ts'

/**
 * Servers that are as good as each other, used in turn: where one was lost, or answers without being of use, the next
 * one is tried first.
 */
export class Turn<A> {
  readonly #servers: readonly A[]
  #next = 0

  constructor(servers: readonly A[]) {
    this.#servers = servers
  }

  /**
   * What the first server gives that can be had.
   * @throws what went wrong with all of them; `ProviderRefused` where every one of them refuses
   */
  async open<T>(dial: (server: A) => Promise<T>, signal: AbortSignal): Promise<T> {
    const reasons: unknown[] = []
    for (let tried = 0; tried < this.#servers.length; tried++) {
      const server = this.#servers[this.#next % this.#servers.length]!
      this.#next++
      try {
        return await dial(server)
      } catch (error) {
        signal.throwIfAborted()
        reasons.push(error)
      }
    }
    throw allOf(reasons)
  }
}

function allOf(reasons: readonly unknown[]): unknown {
  if (reasons.length === 1) return reasons[0]
  if (reasons.length === 0) return new ProviderRefused('there are no endpoints')
  const message = reasons.map(reasonOf).join('; ')
  return reasons.every((reason) => reason instanceof ProviderRefused)
    ? new ProviderRefused(message)
    : new Error(message)
}
