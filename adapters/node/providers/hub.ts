import type { Derived } from '../../../src/compiler/discovery/derived.ts'
import { internalConfiguration } from '../../../src/compiler/discovery/internal.ts'
import { isSame } from '../../../src/compiler/discovery/same.ts'
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

/** How a provider stands, and what it said last. */
export interface ProviderReport extends ProviderState {
  /** Null: it has said nothing yet, or what it said waits for the throttle. */
  readonly derived: Derived | null
}

/** A provider and who runs it. */
interface Instance {
  readonly supervisor: Supervisor
  readonly memory: ProblemMemory
  derived: Derived | null
}

/** All providers of an install configuration: starts them, hands on what they say, knows how each of them stands. */
export class ProviderHub {
  readonly #options: ProviderHubOptions
  #instances: readonly Instance[] = []

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
    this.#instances = [...created.flat(), ...more].map((provider) => this.#instance(provider))
    for (const { supervisor } of this.#instances) supervisor.start()
    await this.#options.apply({
      provider: INTERNAL,
      derive: () => ({ configuration: internalConfiguration(install), digest: '' }),
    })
  }

  /** Has every provider that can look at its source anew. */
  reload(): void {
    for (const { supervisor } of this.#instances) supervisor.reload()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#instances.map(({ supervisor }) => supervisor.stop()))
  }

  get reports(): readonly ProviderReport[] {
    return this.#instances.map(({ supervisor, derived }) => ({ ...supervisor.state, derived }))
  }

  #instance(provider: Provider): Instance {
    const instance: Instance = {
      supervisor: new Supervisor(provider, this.#options, (derive, isUrgent) =>
        this.#hand(provider.name, instance, derive, isUrgent),
      ),
      memory: new ProblemMemory(),
      derived: null,
    }
    return instance
  }

  #hand(provider: string, instance: Instance, derive: () => Derived, isUrgent: boolean): Promise<void> {
    const { apply, log } = this.#options
    return apply({
      provider,
      isUrgent,
      derive: () => {
        const derived = derive()
        const { config, problems } = derived
        const { fresh, mended } = instance.memory.compare(problems)
        logProblems(log, fresh)
        for (const place of mended) log.log('info', `${place}: in order again`, { provider })
        if (instance.derived === null || !isSame(instance.derived.config, config)) instance.supervisor.changed()
        instance.derived = derived
        return { configuration: config, digest: digestOfNamedFiles(config) }
      },
    })
  }
}
