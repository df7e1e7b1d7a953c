import { nearest } from '../../../src/compiler/decode/nearest.ts'
import type { InstallConfig } from '../../../src/compiler/install/install.ts'
import { checkOptions } from '../../../src/compiler/planning/plugin-options.ts'
import type { Logger } from '../../../src/contracts/ports.ts'
import type { ProviderPlugin, RunProvider } from '../../../src/contracts/provider-plugin.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import type { Provider } from '../providers/provider.ts'
import { PluginProvider, type PluginProviderPorts } from './plugin-provider.ts'

/** Makes the providers that plugins are asked for as. */
export type MakeProviders = (ports: PluginProviderPorts & { readonly log: Logger }) => readonly Provider[]

export interface LoadedProviders {
  readonly make: MakeProviders
  /** All of them are errors: routing configuration would be missing. */
  readonly problems: readonly ConfigProblem[]
}

export const isProviderPlugin = (value: unknown): value is ProviderPlugin => {
  const { name, provide, options } = (value ?? {}) as Partial<ProviderPlugin>
  return (
    typeof name === 'string' &&
    typeof provide === 'function' &&
    (options === undefined || typeof options?.['~standard']?.validate === 'function')
  )
}

/**
 * Checks the options under `providers.plugin`.
 * @param plugins those that were loaded, by the names that the install configuration gives them
 * @param failed names of those that could not be, which was said
 */
export function loadProviders(
  wanted: InstallConfig['providers']['plugin'],
  plugins: ReadonlyMap<string, ProviderPlugin>,
  failed: ReadonlySet<string>,
): LoadedProviders {
  const problems: ConfigProblem[] = []
  const report = (path: readonly (string | number)[], message: string, hint: string | null): void => {
    const full = ['providers', 'plugin', ...path.map(String)]
    problems.push({ severity: 'error', message, hint, provider: null, path: full, position: null })
  }
  const ready: { readonly name: string; readonly plugin: ProviderPlugin; readonly options: unknown }[] = []
  for (const [name, written] of Object.entries(wanted ?? {})) {
    const plugin = plugins.get(name)
    if (plugin === undefined) {
      const near = nearest(name, [...plugins.keys()])
      const hint =
        near === null ? `declare it: experimental.localPlugins.${name}.module` : `did you mean ${JSON.stringify(near)}?`
      report([name], `there is no provider plugin "${name}"`, failed.has(name) ? 'it could not be loaded' : hint)
      continue
    }
    const { options, faults } = checkOptions(plugin, written)
    for (const { path, message } of faults) report([name, ...path], message, null)
    if (faults.length === 0) ready.push({ name, plugin, options })
  }
  const make: MakeProviders = ({ log, clock, readElsewhere }) =>
    ready.map(({ name, plugin, options }) => {
      const qualified = `plugin-${name}`
      let run: RunProvider
      try {
        run = plugin.provide(options, { name: qualified, log, clock })
      } catch (error) {
        throw new Error(`provider plugin "${name}": ${error instanceof Error ? error.message : String(error)}`)
      }
      if (typeof run !== 'function') throw new Error(`provider plugin "${name}": it has made no provider`)
      return new PluginProvider(qualified, run, { clock, readElsewhere })
    })
  return { make, problems }
}
