import { setTimeout as sleep } from 'node:timers/promises'
import { AnswerTooLong, ApiError } from '../../api-client/api-error.ts'
import type { ApiAnswer, ApiClient, Query } from '../../api-client/client.ts'
import { ProviderRefused } from '../../provider.ts'
import { TooMuchConfiguration } from '../pairs.ts'
import type { KvConnection, KvListener, KvReading } from '../store.ts'
import { readEntries } from './entries.ts'

/**
 * How long a query waits for a change, to which the server adds up to a sixteenth. Its answer tells of what it did not
 * count as one: the index goes back where everything in the store is deleted.
 */
const WAIT_MS = 15_000
const WAITED_MS = WAIT_MS * 1.1 + 10_000
const ANSWER_MS = 10_000
/** A sign of life is asked for beside the queries that wait. */
const PING_MS = 5_000
const PONG_MS = 5_000
/** Between two queries, should the server answer all of them at once. */
const BETWEEN_CHANGES_MS = 10
const BETWEEN_ANSWERS_MS = 1_000
const BETWEEN_TOO_LONG_ANSWERS_MS = 15_000
/** Values are in base 64, and each key has its numbers. */
const MAX_BYTES = 128 * 1024 * 1024

export interface ConsulPlace {
  readonly rootKey: string
  /** Empty: that of the token. */
  readonly namespace: string
  readonly partition: string
}

/** The keys below a root of Consul, followed by queries that wait for the next change. */
export class ConsulConnection implements KvConnection {
  readonly peer: string
  readonly readsAtOnce = true
  readonly #client: ApiClient
  /** What is asked for: the end of a whole tree is told at its root, and not below it. */
  readonly #root: string
  /** What counts. */
  readonly #below: string
  readonly #query: Query
  readonly #listener: KvListener
  readonly #life = new AbortController()
  readonly #ping: NodeJS.Timeout
  /** What came by itself and was not read yet. */
  #news: ApiAnswer | AnswerTooLong | null = null
  #isFollowed = false

  constructor(client: ApiClient, { rootKey, namespace, partition }: ConsulPlace, listener: KvListener) {
    this.peer = client.peer
    this.#client = client
    this.#listener = listener
    this.#root = `/v1/kv/${rootKey.split('/').map(encodeURIComponent).join('/')}`
    this.#below = rootKey === '' ? this.#root : `${this.#root}/`
    this.#query = {
      recurse: true,
      consistent: true,
      ns: namespace === '' ? undefined : namespace,
      partition: partition === '' ? undefined : partition,
    }
    this.#ping = setInterval(() => void this.#askForLife(), PING_MS)
  }

  async read(): Promise<KvReading> {
    const answer = this.#news ?? (await this.#ask(this.#root, this.#query, ANSWER_MS))
    this.#news = null
    if (!this.#isFollowed) {
      this.#isFollowed = true
      void this.#follow(stateOf(answer))
    }
    if (answer instanceof AnswerTooLong) throw new TooMuchConfiguration()
    return await this.#readingOf(answer)
  }

  close(): void {
    clearInterval(this.#ping)
    this.#life.abort(new Error('closed'))
    this.#client.close()
  }

  async #readingOf(answer: ApiAnswer): Promise<KvReading> {
    if (answer.status === 404) {
      await this.#assertReadable()
      return { pairs: [], problems: [] }
    }
    const pairs = await readEntries(answer.bytes)
    return { pairs, problems: isFiltered(answer) && (await this.#isHidden()) ? [hiddenProblem(this.#below)] : [] }
  }

  /**
   * Consul leaves out what the token may not read, as if it were not there, but tells of a single key.
   * @throws `ProviderRefused` where the token may not read below the root
   */
  async #assertReadable(): Promise<void> {
    const { recurse, ...query } = this.#query
    await this.#ask(`${this.#below}http`, query, ANSWER_MS)
  }

  /** Whether something is left out that is ours, and not beside it. */
  async #isHidden(): Promise<boolean> {
    const answer = await this.#ask(this.#below, { ...this.#query, recurse: undefined, keys: true }, ANSWER_MS)
    return answer instanceof AnswerTooLong || isFiltered(answer)
  }

  async #follow(first: TreeState): Promise<void> {
    const { signal } = this.#life
    let last = first
    try {
      for (;;) {
        const began = performance.now()
        const query = { ...this.#query, index: last.index, wait: `${WAIT_MS / 1000}s` }
        const answer = await this.#ask(this.#root, query, WAITED_MS)
        const state = stateOf(answer)
        const isNew = answer instanceof AnswerTooLong || state.index !== last.index || state.status !== last.status
        last = state
        if (isNew) {
          this.#news = answer
          this.#listener.changed()
        }
        const pauseMs = pauseAfter(answer, isNew) - (performance.now() - began)
        if (pauseMs > 0) await sleep(pauseMs, undefined, { signal })
      }
    } catch (error) {
      if (!signal.aborted) this.#listener.lost(error as Error)
    }
  }

  async #ask(path: string, query: Query, timeoutMs: number): Promise<ApiAnswer | AnswerTooLong> {
    try {
      const answer = await this.#client.request(path, {
        method: 'GET',
        // Sent again on another connection it might wait with an index that another server has not reached.
        isRead: query.index === undefined,
        signal: this.#life.signal,
        query,
        timeoutMs,
        // It waits by itself, and signs of life are asked for elsewhere.
        silenceMs: 0,
        maxBytes: MAX_BYTES,
        // There are no keys.
        accept: [404],
      })
      if (answer.headers['x-consul-index'] === undefined) throw new Error(`${this.peer}: the answer is not Consul's`)
      return answer
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.cause instanceof AnswerTooLong) return error.cause
      throw error.status === 400 ? new ProviderRefused(error.message) : error
    }
  }

  async #askForLife(): Promise<void> {
    try {
      await this.#client.get('/v1/status/leader', { signal: this.#life.signal, timeoutMs: PONG_MS })
    } catch (error) {
      // Whatever it answers: it is alive.
      if (error instanceof ApiError && error.status === null) this.#listener.lost(error)
    }
  }
}

const isFiltered = ({ headers }: ApiAnswer): boolean => headers['x-consul-results-filtered-by-acls'] === 'true'

/**
 * What tells one state of the tree from another. An index that goes back is that of another server, or of one that was
 * restored; rights come and go without another index.
 */
interface TreeState {
  readonly index: number
  readonly status: number
}

/** An index that is none, or not above zero, would have the server answer at once. */
function stateOf(answer: ApiAnswer | AnswerTooLong): TreeState {
  if (answer instanceof AnswerTooLong) return { index: 1, status: 200 }
  const index = Number(answer.headers['x-consul-index'])
  return { index: Number.isSafeInteger(index) && index > 0 ? index : 1, status: answer.status }
}

function pauseAfter(answer: ApiAnswer | AnswerTooLong, isNew: boolean): number {
  if (answer instanceof AnswerTooLong) return BETWEEN_TOO_LONG_ANSWERS_MS
  return isNew ? BETWEEN_CHANGES_MS : BETWEEN_ANSWERS_MS
}

const hiddenProblem = (below: string): KvReading['problems'][number] => ({
  severity: 'warning',
  message: 'the token may not read all keys: some are missing',
  hint: `give it the rule key_prefix with the policy "read" for what stands below ${below.slice('/v1/kv/'.length)}`,
  provider: null,
  path: [],
  position: null,
  origin: { item: 'token' },
})
