import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { InstallConfig } from '../../../src/compiler/install/install.ts'
import type { Plugin, Plugins } from '../../../src/contracts/plugin.ts'
import type { ProviderPlugin } from '../../../src/contracts/provider-plugin.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import { isProviderPlugin, loadProviders, type MakeProviders } from './load-providers.ts'
import { PluginRefused } from './plugin-refused.ts'
import { type DeclaredPlugins, findWasm, type LocalPlugin } from './wasm/find-wasm.ts'
import { loadWasmPlugin } from './wasm/wasm-plugin.ts'

export interface LoadedPlugins {
  readonly plugins: Plugins
  /** Those that are providers. */
  readonly providers: MakeProviders
  /** Of plugins that are not there; errors where the install configuration says that they stop the start. */
  readonly problems: readonly ConfigProblem[]
}

type Declaring = Pick<InstallConfig, 'experimental'> & {
  readonly providers?: Pick<InstallConfig['providers'], 'plugin'>
}

/**
 * Loads the plugins that an install configuration declares. One that can't be had costs the middlewares that are of it
 * and nothing else, unless `abortOnPluginFailure` says otherwise.
 * @param folder where relative names begin, and Traefik's folders of plugins are
 */
export async function loadPlugins(
  { experimental = {} as DeclaredPlugins, providers }: Declaring,
  folder = process.cwd(),
): Promise<LoadedPlugins> {
  const severity = experimental.abortOnPluginFailure === true ? 'error' : 'warning'
  const loaded: Record<string, Plugins[string]> = Object.create(null)
  const problems: ConfigProblem[] = []
  const report = (where: readonly string[], message: string, hint: string | null): void => {
    problems.push({ severity, message, hint, provider: null, path: ['experimental', ...where], position: null })
  }
  const ofProviders = new Map<string, ProviderPlugin>()
  const failed = new Set<string>()
  const tried = async (
    where: readonly [string, string],
    load: () => Promise<Plugins[string] | ProviderPlugin>,
  ): Promise<void> => {
    try {
      const plugin = await load()
      if ('provide' in plugin) ofProviders.set(where[1], plugin)
      else loaded[where[1]] = plugin
    } catch (error) {
      failed.add(where[1])
      const { message, hint = null } = error as Error & { readonly hint?: string | null }
      report(where, `plugin "${where[1]}": ${message}`, hint)
    }
  }
  for (const [name, declared] of Object.entries(experimental.localPlugins ?? {})) {
    for (const option of idleOptions(declared)) {
      const message = `plugin "${name}": ${option} has no effect beside "module"`
      const path = ['experimental', 'localPlugins', name]
      problems.push({ severity: 'warning', message, hint: 'take it away', provider: null, path, position: null })
    }
    const { module } = declared
    if (module !== undefined) await tried(['localPlugins', name], () => loadModule(module, folder))
  }
  for (const { where, name, found } of findWasm(experimental, folder)) {
    await tried([where, name], async () => loadWasmPlugin(name, await found()))
  }
  const asked = loadProviders(providers?.plugin, ofProviders, failed)
  return { plugins: loaded, providers: asked.make, problems: [...problems, ...asked.problems] }
}

/** What is there for other kinds of plugins: a module may do what the process may. */
function idleOptions({ module, moduleName = '', settings }: LocalPlugin): readonly string[] {
  if (module === undefined) return []
  const { envs = [], mounts = [], useUnsafe = false, timeout } = settings
  return [
    ...(moduleName === '' ? [] : ['moduleName']),
    ...(envs.length > 0 || mounts.length > 0 || useUnsafe || timeout !== undefined ? ['settings'] : []),
  ]
}

async function loadModule(module: string, folder: string): Promise<Plugin | ProviderPlugin> {
  const file = pluginFile(module, folder)
  const found = (await import(pathToFileURL(file).href)) as { readonly default?: unknown }
  if (isProviderPlugin(found.default)) return found.default
  if (!isPlugin(found.default)) {
    throw new PluginRefused(
      `${module} has no plugin as its default export`,
      "export default definePlugin({ name: '…', create: (options, scope) => (next) => (request, cx) => next(request, cx) })",
    )
  }
  return found.default
}

/**
 * The file that the option `module` names: files as they are called from the folder, packages as Node finds them there.
 * Throws where there is no such package.
 */
export function pluginFile(module: string, folder: string): string {
  if (/^\.{0,2}\//.test(module)) return path.resolve(folder, module)
  return createRequire(path.join(folder, 'plugins.js')).resolve(module)
}

const isPlugin = (value: unknown): value is Plugin => {
  const { name, create, options } = (value ?? {}) as Partial<Plugin>
  return (
    typeof name === 'string' &&
    typeof create === 'function' &&
    (options === undefined || typeof options?.['~standard']?.validate === 'function')
  )
}
