import type { Derived } from '../../../src/compiler/discovery/derived.ts'
import { internalConfiguration } from '../../../src/compiler/discovery/internal.ts'
import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'
import type { InstallConfig } from '../../../src/compiler/install/install.ts'
import type { ProviderMessage, ProviderState } from '../../../src/compiler/reconciler.ts'
import { andThen, type MaybePromise } from '../../../src/http/maybe-promise.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import { isSame } from '../../../src/plan/same.ts'
import { logProblems, ProblemMemory } from '../../../src/telemetry/log/problems.ts'
import { ConfigurationCache } from './cache.ts'
import { digestOfNamedFiles } from './file/named-files.ts'
import type { Provider } from './provider.ts'
import { kindsIn, type ProviderContext } from './registry.ts'
import type { ProviderReport } from './report.ts'
import { Supervisor, type SupervisorPorts } from './supervisor.ts'

export interface ProviderHubOptions extends SupervisorPorts, ProviderContext {
  readonly install: InstallConfig
  /** Providers beside those of the install configuration. */
  readonly more?: readonly Provider[]
  /** Takes every provider's messages; resolves when what was taken is in force or waits for its throttle. */
  readonly apply: (message: ProviderMessage<DynamicConfig>) => Promise<void>
  /** Hears of all problems that a provider has found, whenever they may have changed. */
  readonly noteProblems?: (provider: string, problems: readonly ConfigProblem[]) => void
}

/** The provider of what the install configuration makes: redirections, the API's routers. */
export const INTERNAL = 'internal'

/** Who says nothing for so long is served from the cache. */
const SILENT_MS = 5_000

/** How long the start waits for the first words of those that have something at hand. */
const FIRST_WORD_MS = 5_000

/** A provider and who runs it. */
interface Instance {
  readonly provider: Provider
  readonly supervisor: Supervisor
  readonly memory: ProblemMemory
  derived: Derived | null
}

/** All providers of an install configuration: starts them, hands on what they say, knows how each of them stands. */
export class ProviderHub {
  readonly #options: ProviderHubOptions
  readonly #cache: ConfigurationCache | null
  #instances: readonly Instance[] = []
  /** Those that could not be made. */
  #failed: readonly ProviderReport[] = []
  #callOffCache: (() => void) | null = null

  constructor(options: ProviderHubOptions) {
    const { install, clock, log } = options
    const file = install.providers.cache ?? ''
    this.#options = options
    this.#cache = file === '' ? null : new ConfigurationCache(file, clock, log)
  }

  /**
   * Starts every provider. What they say before they wait for anything, and what the install configuration makes, is in
   * force when this resolves: the internal provider speaks last.
   * @param late further providers, which could not be made before
   */
  async start(late: readonly Provider[] = []): Promise<void> {
    const { install, more = [] } = this.#options
    const created = await Promise.all(
      kindsIn(install.providers).map(async ([kind, options]) => {
        const create = await kind.load()
        return kind.names(options).flatMap((name) => this.#create(name, () => create(name, options, this.#options)))
      }),
    )
    this.#instances = [...created.flat(), ...more, ...late].map((provider) => this.#instance(provider))
    for (const { supervisor } of this.#instances) supervisor.start()
    if (this.#cache !== null) {
      this.#cache.keepOnly(new Set(this.#instances.map(({ provider }) => provider.name)))
      this.#callOffCache = this.#options.clock.after(SILENT_MS, () => this.#serveFromCache())
    }
    await this.#firstWords()
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
    this.#callOffCache?.()
    await Promise.all(this.#instances.map(({ supervisor }) => supervisor.stop()))
    await this.#cache?.close()
  }

  get reports(): readonly ProviderReport[] {
    const reports = this.#instances.map(({ provider, supervisor, derived }) => {
      const { state } = supervisor
      return { ...state, ...(state.status === 'live' ? provider.trouble?.() : null), derived }
    })
    return [...reports, ...this.#failed]
  }

  /** Names of the providers whose first word is waited for. */
  get awaited(): readonly string[] {
    return this.#instances.filter(({ provider }) => provider.isMute !== true).map(({ provider }) => provider.name)
  }

  #firstWords(): Promise<unknown> {
    const words = this.#instances.flatMap(({ provider }) => provider.firstWord ?? [])
    if (words.length === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const callOff = this.#options.clock.after(FIRST_WORD_MS, () => resolve(null))
      void Promise.all(words).then(() => {
        callOff()
        resolve(null)
      })
    })
  }

  /** One that can't be made is left out, as in Traefik, and its state says why. */
  #create(name: string, create: () => Provider): readonly Provider[] {
    try {
      return [create()]
    } catch (error) {
      const { clock, log } = this.#options
      const reason = error instanceof Error ? error.message : String(error)
      log.log('error', `Provider left out: ${reason}`, { providerName: name })
      const never = { peer: null, nextTryAt: null, changedAt: null, derived: null }
      this.#failed = [...this.#failed, { ...never, name, status: 'failed', since: clock.date(), error: reason }]
      return []
    }
  }

  /** Who has been silent since the start is served from what it said the last time. */
  #serveFromCache(): void {
    const { apply, log } = this.#options
    for (const instance of this.#instances) {
      const { supervisor, provider } = instance
      if (instance.derived !== null || supervisor.state.status === 'live') continue
      const cached = this.#cache?.get(provider.name) ?? null
      if (cached === null) continue
      log.log('warn', `Provider silent: served from the cache of ${cached.savedAt.toISOString()}`, {
        providerName: provider.name,
      })
      supervisor.servedFromCache(cached.savedAt)
      instance.derived = { config: cached.config, problems: [] }
      void apply({
        provider: provider.name,
        derive: () => ({ configuration: cached.config, digest: '' }),
      })
    }
  }

  #instance(provider: Provider): Instance {
    const instance: Instance = {
      provider,
      supervisor: new Supervisor(provider, this.#options, (derive, isUrgent) =>
        this.#hand(provider.name, instance, derive, isUrgent),
      ),
      memory: new ProblemMemory(),
      derived: null,
    }
    return instance
  }

  #hand(provider: string, instance: Instance, derive: () => MaybePromise<Derived>, isUrgent: boolean): Promise<void> {
    return this.#options.apply({
      provider,
      isUrgent,
      derive: () => andThen(derive(), (derived) => this.#derived(provider, instance, derived)),
    })
  }

  #derived(provider: string, instance: Instance, { config, problems: found }: Derived): ProviderState<DynamicConfig> {
    const { log, noteProblems } = this.#options
    const problems = found.map((problem) => ({ ...problem, provider }))
    const { fresh, mended } = instance.memory.compare(problems)
    logProblems(log, fresh)
    for (const file of mended) log.log('info', `${file}: in order again`, { provider })
    const before = instance.derived?.config ?? null
    const isChanged = before === null || !isSame(before, config)
    const configuration = isChanged ? config : before
    if (isChanged) {
      instance.supervisor.changed()
      if (instance.provider.keepsItself !== true) this.#cache?.set(provider, config)
    }
    instance.derived = { config: configuration, problems }
    noteProblems?.(provider, problems)
    return { configuration, digest: digestOfNamedFiles(configuration) }
  }
}
