import { existsSync, type FSWatcher, watch } from 'node:fs'
import path from 'node:path'
import { itemProblem } from '../../../../src/compiler/discovery/item.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'
import { ApiError } from '../api-client/api-error.ts'
import { type Provider, ProviderRefused, type ProviderSink } from '../provider.ts'
import {
  connectEngine,
  type Engine,
  type EngineEnvironment,
  type EngineOptions,
  watchPulse,
  withEnvironment,
} from './engine.ts'

/** Where an engine is. */
export interface EnginePlace {
  readonly engine: EngineOptions
  /** Variables that count over the options. */
  readonly env: EngineEnvironment
  /** As in `DockerDerivation`. */
  readonly publishedAt: string
}

/** A connection to an engine, and what belongs to it. */
export interface EngineLink {
  readonly engine: Engine
  readonly sink: ProviderSink
  /** Aborted when the provider is stopped, and when the connection is given up. */
  readonly signal: AbortSignal
  /** What there is to say of the way to the engine. */
  readonly notes: readonly ConfigProblem[]
  /** Rejects when the engine no longer answers. */
  readonly pulse: () => Promise<never>
}

/** A provider that follows an engine of Docker over one connection a run. */
export class EngineProvider implements Provider {
  readonly name: string
  readonly #place: EnginePlace
  readonly #follow: (link: EngineLink) => Promise<void>

  /** @param follow rejects when the engine is lost */
  constructor(name: string, place: EnginePlace, follow: (link: EngineLink) => Promise<void>) {
    this.name = name
    this.#place = place
    this.#follow = follow
  }

  async run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    const { env } = this.#place
    const { options, overridden } = withEnvironment(this.#place.engine, env)
    const ending = new AbortController()
    const until = AbortSignal.any([signal, ending.signal])
    try {
      const engine = await connectEngine(options, env, until)
      try {
        await this.#follow({
          engine,
          sink,
          signal: until,
          notes: overridden.map(overriddenProblem),
          pulse: () => watchPulse(options, engine.prefix, until),
        })
      } finally {
        ending.abort(new Error('the connection has ended'))
        engine.close()
      }
    } catch (error) {
      // Who stops it knows why.
      if (!signal.aborted) throw isForbidden(error) ? forbidden(error) : error
    }
  }

  /** A Unix socket that appears is worth a try at once. */
  watchReturn(back: () => void): () => void {
    const { endpoint } = withEnvironment(this.#place.engine, this.#place.env).options
    if (!endpoint.startsWith('unix://')) return () => undefined
    const socket = endpoint.slice('unix://'.length)
    if (existsSync(socket)) return () => undefined
    let watcher: FSWatcher
    try {
      watcher = watch(path.dirname(socket), () => {
        if (existsSync(socket)) back()
      })
    } catch {
      // The folder is not there either: the pauses alone decide.
      return () => undefined
    }
    watcher.on('error', () => watcher.close())
    return () => watcher.close()
  }
}

/** The socket is there, and the user of this process may not use it. */
const isForbidden = (error: unknown): error is ApiError =>
  error instanceof ApiError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EACCES'

const forbidden = (error: ApiError): ProviderRefused =>
  new ProviderRefused(
    `${error.message}: the user of this process may not use the socket; in a container, give it the socket's group: docker run --group-add "$(stat -c %g SOCKET)"`,
    { cause: error },
  )

const overriddenProblem = (variable: string): ConfigProblem =>
  itemProblem('warning', `variable ${variable}`, 'it counts in place of the option', {
    hint: 'take it out of the environment, or the option out of the configuration',
  })
