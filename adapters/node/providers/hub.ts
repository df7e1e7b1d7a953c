import type { Derived } from '../../../src/compiler/discovery/derived.ts'
import { internalConfiguration } from '../../../src/compiler/discovery/internal.ts'
import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'
import type { InstallConfig } from '../../../src/compiler/install/install.ts'
import type { ProviderMessage } from '../../../src/compiler/reconciler.ts'
import { logProblems, ProblemMemory } from '../../../src/telemetry/log/problems.ts'
import { digestOfNamedFiles } from './file/named-files.ts'
import type { Provider } from './provider.ts'
import { kindsIn, type ProviderContext } from './registry.ts'
import { type ProviderState, Supervisor, type SupervisorPorts } from './supervisor.ts'

export interface ProviderHubOptions extends SupervisorPorts, ProviderContext {
  readonly install: InstallConfig
  /** Providers beside those of the install configuration. */
  readonly more?: readonly Provider[]
  /** Takes every provider's messages; resolves when what was taken is in force or waits for its throttle. */
  readonly apply: (message: ProviderMessage<DynamicConfig>) => Promise<void>
}

/** The provider of what the install configuration makes: redirections, the API's routers. */
export const INTERNAL = 'internal'

/** All providers of an install configuration: starts them, hands on what they say, knows how each of them stands. */
export class ProviderHub {
  readonly #options: ProviderHubOptions
  #supervisors: readonly Supervisor[] = []

  constructor(options: ProviderHubOptions) {
    this.#options = options
  }

  /**
   * Starts every provider. What they say before they wait for anything, and what the install configuration makes, is in
   * force when this resolves: the internal provider speaks last.
   */
  async start(): Promise<void> {
    const { install, more = [] } = this.#options
    const created = await Promise.all(
      kindsIn(install.providers).map(async ([kind, options]) => {
        const create = await kind.load()
        return kind.names(options).map((name) => create(name, options, this.#options))
      }),
    )
    this.#supervisors = [...created.flat(), ...more].map((provider) => {
      const memory = new ProblemMemory()
      return new Supervisor(provider, this.#options, (derive) => this.#hand(provider.name, derive, memory))
    })
    for (const supervisor of this.#supervisors) supervisor.start()
    await this.#hand(INTERNAL, () => ({ config: internalConfiguration(install), problems: [] }), new ProblemMemory())
  }

  /** Has every provider that can look at its source anew. */
  reload(): void {
    for (const supervisor of this.#supervisors) supervisor.reload()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#supervisors.map((supervisor) => supervisor.stop()))
  }

  get states(): readonly ProviderState[] {
    return this.#supervisors.map(({ state }) => state)
  }

  #hand(provider: string, derive: () => Derived, memory: ProblemMemory): Promise<void> {
    const { apply, log } = this.#options
    return apply({
      provider,
      derive: () => {
        const { config, problems } = derive()
        const { fresh, mended } = memory.compare(problems)
        logProblems(log, fresh)
        for (const file of mended) log.log('info', `${file}: in order again`, { provider })
        return { configuration: config, fingerprint: JSON.stringify(config) + digestOfNamedFiles(config) }
      },
    })
  }
}
