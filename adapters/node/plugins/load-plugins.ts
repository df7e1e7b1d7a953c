import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { InstallConfig } from '../../../src/compiler/install/install.ts'
import type { Plugin, Plugins } from '../../../src/contracts/plugin.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import { insteadOf } from './known-plugins.ts'

export interface LoadedPlugins {
  readonly plugins: Plugins
  /** Of plugins that are not there; errors where the install configuration says that they stop the start. */
  readonly problems: readonly ConfigProblem[]
}

type Experimental = NonNullable<InstallConfig['experimental']>
type LocalPlugin = NonNullable<Experimental['localPlugins']>[string]

/**
 * Loads the plugins that an install configuration declares. One that can't be had costs the middlewares that are of it
 * and nothing else, unless `abortOnPluginFailure` says otherwise.
 * @param folder where relative names begin
 */
export async function loadPlugins(
  { experimental = {} as Experimental }: Pick<InstallConfig, 'experimental'>,
  folder = process.cwd(),
): Promise<LoadedPlugins> {
  const { plugins: remote = {}, localPlugins = {}, abortOnPluginFailure = false } = experimental
  const severity = abortOnPluginFailure ? 'error' : 'warning'
  const loaded: Record<string, Plugin> = Object.create(null)
  const problems: ConfigProblem[] = []
  const report = (where: readonly string[], message: string, hint: string | null): void => {
    problems.push({ severity, message, hint, provider: null, path: ['experimental', ...where], position: null })
  }
  for (const [name, { moduleName = '' }] of Object.entries(remote)) {
    report(['plugins', name], `plugin "${name}": ${REMOTE}`, insteadOf(moduleName))
  }
  for (const [name, declared] of Object.entries(localPlugins)) {
    for (const option of idleOptions(declared)) {
      const message = `plugin "${name}": ${option} has no effect beside "module"`
      const path = ['experimental', 'localPlugins', name]
      problems.push({ severity: 'warning', message, hint: 'take it away', provider: null, path, position: null })
    }
    try {
      loaded[name] = await loadLocal(declared, folder)
    } catch (error) {
      const { message, hint = null } = error as Error & { readonly hint?: string | null }
      report(['localPlugins', name], `plugin "${name}": ${message}`, hint)
    }
  }
  return { plugins: loaded, problems }
}

/** What is there for other kinds of plugins: a module may do what the process may. */
function idleOptions({ module, moduleName = '', settings }: LocalPlugin): readonly string[] {
  if (module === undefined) return []
  const { envs = [], mounts = [], useUnsafe = false } = settings
  return [
    ...(moduleName === '' ? [] : ['moduleName']),
    ...(envs.length > 0 || mounts.length > 0 || useUnsafe ? ['settings'] : []),
  ]
}

const REMOTE = "those of Traefik's catalogue are written in Go for its interpreter, which is not here"

class PluginRefused extends Error {
  readonly hint: string | null

  constructor(message: string, hint: string | null) {
    super(message)
    this.hint = hint
  }
}

async function loadLocal({ module, moduleName = '' }: LocalPlugin, folder: string): Promise<Plugin> {
  if (module === undefined) throw refusalOf(moduleName, folder)
  const file = pluginFile(module, folder)
  const found = (await import(pathToFileURL(file).href)) as { readonly default?: unknown }
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

/** Traefik's own folders: what is in them is in Go, unless the manifest says otherwise. */
function refusalOf(moduleName: string, folder: string): PluginRefused {
  if (moduleName === '') return new PluginRefused('neither module nor moduleName is there', null)
  const manifest = path.join(folder, 'plugins-local/src', moduleName, '.traefik.yml')
  let text: string
  try {
    text = readFileSync(manifest, 'utf8')
  } catch (error) {
    return new PluginRefused((error as Error).message, `a module in TypeScript is named by the option "module"`)
  }
  const runtime = /^runtime:\s*['"]?(\w+)/m.exec(text)?.[1] ?? 'yaegi'
  if (runtime === 'wasm') return new PluginRefused('plugins in WebAssembly are not available yet', null)
  return new PluginRefused(
    `${moduleName} is written in Go for Traefik's interpreter, which is not here`,
    insteadOf(moduleName),
  )
}
