import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'
import type { Provider, ProviderSink } from './provider.ts'

/** Routing configuration that the program brings which the proxy runs in; its elements are `NAME@program`. */
export class ProgramProvider implements Provider {
  readonly name = 'program'
  #config: DynamicConfig
  #sink: ProviderSink | null = null

  constructor(config: DynamicConfig) {
    this.#config = config
  }

  run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    this.#sink = sink
    sink.connected('the program')
    this.reload()
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  /** Puts another configuration in the place of the one there is. */
  replace(config: DynamicConfig): void {
    this.#config = config
    this.reload()
  }

  reload(): void {
    this.#sink?.emit(() => ({ config: this.#config, problems: [] }))
  }
}
