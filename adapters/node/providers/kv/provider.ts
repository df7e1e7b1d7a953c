import { setTimeout as sleep } from 'node:timers/promises'
import type { Decoded } from '../../../../src/compiler/decode/decode.ts'
import { readPairs } from '../../../../src/compiler/discovery/kv.ts'
import { losesMost } from '../../../../src/compiler/discovery/losses.ts'
import type { DynamicConfig } from '../../../../src/compiler/dynamic/dynamic.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'
import type { Provider, ProviderSink } from '../provider.ts'
import type { ProviderContext } from '../registry.ts'
import { Changes } from './changes.ts'
import { pairsText, TooMuchConfiguration, totalSize } from './pairs.ts'
import type { KvConnection, KvReading, KvStore } from './store.ts'

/** Up to so many characters are decoded at once. */
const SHORT = 16 * 1024
/** A store that changes all the time is taken as it is. */
const MOST_TRIES = 5
/** How long somebody who takes most of it away has to put it back. */
const DOUBT_MS = 1_000

/**
 * The routing configuration that stands in a key-value store: read whole, again after every change. What can't be
 * decoded keeps the last good one in force; a read that fails ends the run.
 */
export class KvProvider implements Provider {
  readonly name: string
  readonly #rootKey: string
  readonly #store: KvStore
  readonly #readElsewhere: ProviderContext['readPairsElsewhere']
  /** Null before the first one. */
  #lastGood: DynamicConfig | null = null
  #changes = new Changes()

  /** @param rootKey normalized */
  constructor(name: string, rootKey: string, store: KvStore, { readPairsElsewhere }: ProviderContext) {
    this.name = name
    this.#rootKey = rootKey
    this.#store = store
    this.#readElsewhere = readPairsElsewhere
  }

  async run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    const life = new AbortController()
    const end = () => life.abort(signal.reason)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
    const changes = new Changes()
    this.#changes = changes
    const listener = { changed: () => changes.note(), lost: (reason: Error) => life.abort(reason) }
    let connection: KvConnection | null = null
    try {
      connection = await this.#store.connect(listener, life.signal)
      life.signal.throwIfAborted()
      for (;;) {
        await this.#tell(sink, connection, life.signal)
        await changes.settled(life.signal)
      }
    } catch (error) {
      // Being stopped is a good end; else the loss tells more than what failed because of it.
      if (!signal.aborted) throw life.signal.aborted ? life.signal.reason : error
    } finally {
      signal.removeEventListener('abort', end)
      connection?.close()
    }
  }

  reload(): void {
    this.#changes.note()
  }

  async #tell(sink: ProviderSink, connection: KvConnection, signal: AbortSignal): Promise<void> {
    let found = await this.#read(connection, signal)
    // A store that lets us in and then does not let us read is of no use.
    sink.connected(connection.peer)
    if (found.value !== null && this.#lastGood !== null && losesMost(this.#lastGood, found.value)) {
      await sleep(DOUBT_MS, undefined, { signal })
      await this.#changes.quiet(signal)
      found = await this.#read(connection, signal)
    }
    this.#lastGood = found.value ?? this.#lastGood
    const derived = {
      config: this.#lastGood ?? {},
      problems: found.problems,
    }
    sink.emit(() => derived)
  }

  async #read(connection: KvConnection, signal: AbortSignal): Promise<Decoded<DynamicConfig>> {
    try {
      const { pairs, problems } = await this.#readPairs(connection, signal)
      const decoded =
        this.#readElsewhere === null || totalSize(pairs) <= SHORT
          ? readPairs(pairs, this.#rootKey)
          : await unlessAborted(this.#readElsewhere(await pairsText(pairs), this.#rootKey), signal)
      const isWhole = !problems.some(({ severity }) => severity === 'error')
      return { value: isWhole ? decoded.value : null, problems: [...problems, ...decoded.problems] }
    } catch (error) {
      if (!(error instanceof TooMuchConfiguration)) throw error
      return { value: null, problems: [tooMuch(error, this.#rootKey)] }
    }
  }

  /** Where keys are read one after the other, what changed meanwhile may be half of a change. */
  async #readPairs(connection: KvConnection, signal: AbortSignal): Promise<KvReading> {
    for (let tries = 1; ; tries++) {
      const reading = await unlessAborted(connection.read(), signal)
      if (connection.readsAtOnce || tries === MOST_TRIES || !this.#changes.isNoted) return reading
      await this.#changes.settled(signal)
    }
  }
}

const tooMuch = ({ message }: TooMuchConfiguration, rootKey: string): ConfigProblem => ({
  severity: 'error',
  message,
  hint: 'the last good configuration stays in force',
  provider: null,
  path: [],
  position: null,
  origin: { item: `key ${rootKey}` },
})

/** What a promise gives, or the reason why it is not waited for any longer. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
