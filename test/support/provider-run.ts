import { readFileHere } from '../../adapters/node/providers/file/read.ts'
import type { Provider, ProviderSink } from '../../adapters/node/providers/provider.ts'
import type { ProviderContext } from '../../adapters/node/providers/registry.ts'
import type { Derived } from '../../src/compiler/discovery/derived.ts'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { andThen } from '../../src/http/maybe-promise.ts'
import type { ConfigProblem } from '../../src/plan/problem.ts'

/** A context without a thread. */
export const testContext = (): ProviderContext => ({
  readElsewhere: readFileHere,
  log: { log: () => {} },
  readPairsElsewhere: null,
  rest: null,
})

export interface ProviderRun {
  /** What was said last, derived when it is asked for; undefined: nothing yet. */
  readonly last: Derived | undefined
  readonly config: DynamicConfig
  readonly problems: readonly ConfigProblem[]
  /** How often something was said. */
  readonly count: number
  /** How often of these it was urgent. */
  readonly urgent: number
  readonly peers: readonly string[]
  /** Why the source was lost; null while it is not. */
  readonly lost: Error | null
  /** Runs the provider again after it was lost. */
  again(): void
  stop(): Promise<void>
}

/** Runs a provider as a supervisor does, but calls it again only when the test says so. */
export function runProvider(provider: Provider): ProviderRun {
  const stopping = new AbortController()
  const peers: string[] = []
  let last: Derived | undefined
  let count = 0
  let urgent = 0
  let lost: Error | null = null
  const sink: ProviderSink = {
    connected: (peer) => void peers.push(peer),
    emit(derive, isUrgent = false) {
      void andThen(derive(), (derived) => {
        last = derived
        count++
        if (isUrgent) urgent++
      })
    },
  }
  let running: Promise<void>
  const run = (): void => {
    lost = null
    running = provider.run(sink, stopping.signal).then(
      () => {
        lost ??= new Error('the source has ended')
      },
      (error: unknown) => {
        lost = error instanceof Error ? error : new Error(String(error))
      },
    )
  }
  run()
  return {
    get last() {
      return last
    },
    get config() {
      return last?.config ?? {}
    },
    get problems() {
      return last?.problems ?? []
    },
    get count() {
      return count
    },
    get urgent() {
      return urgent
    },
    peers,
    get lost() {
      return lost
    },
    again: run,
    async stop() {
      stopping.abort()
      await running
    },
  }
}
