import { setTimeout as sleep } from 'node:timers/promises'
import { ForeignAnswer, fieldsOf, text } from '../../../../src/compiler/discovery/answer.ts'
import { ApiError } from '../api-client/api-error.ts'
import { type ApiAnswer, type ApiClient, createApiClient, type Query } from '../api-client/client.ts'
import { ProviderRefused } from '../provider.ts'
import type { ClusterAccess } from './cluster-access.ts'

/** So often a server that asks to be left alone is asked again, each time as much later as it wants, within a limit. */
const MOST_TRIES = 4
const LONGEST_PAUSE_MS = 5_000
/** Connections for what is no watch. */
const LISTS_AT_ONCE = 4

export interface WatchOptions {
  readonly query: Query
  readonly signal: AbortSignal
  readonly maxLineBytes: number
}

/**
 * Requests to an API server. A token that is no longer taken is read again, and the request sent once more. What goes
 * wrong rejects as with `ApiClient`; errors of credentials show no secret.
 */
export class ClusterApi {
  readonly #client: ApiClient
  /** A sign of life does not wait until others are done. */
  readonly #pulse: ApiClient
  readonly #access: ClusterAccess

  /** @throws Error where the access can't be used */
  constructor(access: ClusterAccess) {
    const { endpoint, tls, headers, proxyUrl } = access
    this.#access = access
    const options = { endpoint, tls, proxyUrl, headers: { accept: 'application/json', ...headers } }
    this.#client = createApiClient({ ...options, maxSockets: LISTS_AT_ONCE })
    this.#pulse = createApiClient({ ...options, maxSockets: 1 })
  }

  get peer(): string {
    return this.#client.peer
  }

  get(path: string, signal: AbortSignal, query: Query = {}): Promise<ApiAnswer> {
    return this.#asked(signal, (headers) => this.#client.get(path, { signal, headers, query }))
  }

  put(path: string, signal: AbortSignal, object: unknown): Promise<ApiAnswer> {
    return this.#write('PUT', path, signal, object)
  }

  post(path: string, signal: AbortSignal, object: unknown): Promise<ApiAnswer> {
    return this.#write('POST', path, signal, object)
  }

  #write(method: 'PUT' | 'POST', path: string, signal: AbortSignal, object: unknown): Promise<ApiAnswer> {
    const body = JSON.stringify(object)
    return this.#asked(signal, (headers) =>
      this.#client.request(path, {
        method,
        signal,
        body,
        headers: { ...headers, 'content-type': 'application/json' },
      }),
    )
  }

  /** The lines of a watch, when its head is there. */
  async watch(path: string, { query, signal, maxLineBytes }: WatchOptions): Promise<AsyncIterator<string>> {
    return this.#asked(signal, async (headers) => {
      const options = { signal, headers, query, maxLineBytes }
      let isOpen: () => void = () => undefined
      const opened = new Promise<void>((resolve) => {
        isOpen = resolve
      })
      const lines = this.#client.lines(path, options, isOpen)[Symbol.asyncIterator]()
      const first = lines.next()
      // Where the head is no promise of lines, asking for the first one says why.
      await Promise.race([opened, first])
      return withFirst(first, lines)
    })
  }

  /** Whether it tells who it is, as API servers do but for rights. Rejects where none answers that serves. */
  async meet(signal: AbortSignal): Promise<boolean> {
    try {
      const answer = await this.get('/version', signal)
      if (text(fieldsOf(answer.json()).gitVersion) === '') throw new ForeignAnswer(`${this.peer} is no API server`)
      return true
    } catch (error) {
      if (statusOf(error) !== 403) throw error
      return false
    }
  }

  /** Whether anybody answers, whatever they say. @param limitMs how long they may take */
  async ping(signal: AbortSignal, limitMs: number): Promise<void> {
    try {
      await this.#pulse.get('/version', { signal, timeoutMs: limitMs })
    } catch (error) {
      if (statusOf(error) === null) throw error
    }
  }

  close(): void {
    this.#client.close()
    this.#pulse.close()
  }

  async #asked<T>(signal: AbortSignal, ask: (headers: Readonly<Record<string, string>>) => Promise<T>): Promise<T> {
    const { credentials } = this.#access
    for (let tries = 1, isRenewed = false; ; tries++) {
      const authorization = await credentials.authorization(signal)
      try {
        return await ask(authorization === null ? {} : { authorization })
      } catch (error) {
        const status = statusOf(error)
        if (status === 401 && !isRenewed) {
          credentials.renew()
          isRenewed = true
          continue
        }
        const pause = wantedPauseMs(error)
        if (status !== 429 || pause === 0 || pause > LONGEST_PAUSE_MS || tries >= MOST_TRIES) throw error
        await sleep(pause, undefined, { signal })
      }
    }
  }
}

/** How long the server wants to be left alone; 0: it did not say. */
export const wantedPauseMs = (error: unknown): number => (error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0)

/** Status of the answer that an error is about; null: there was none. */
export function statusOf(error: unknown): number | null {
  const cause = error instanceof ProviderRefused ? error.cause : error
  return cause instanceof ApiError ? cause.status : null
}

/** The lines with the first one, which somebody has asked for already. */
function withFirst(first: Promise<IteratorResult<string>>, rest: AsyncIterator<string>): AsyncIterator<string> {
  // Who asks for it hears of its error; until then nobody does.
  first.catch(() => undefined)
  let next: Promise<IteratorResult<string>> | null = first
  return {
    next() {
      const taken = next
      next = null
      return taken ?? rest.next()
    },
    return: async () => (await rest.return?.()) ?? { done: true, value: undefined },
  }
}
