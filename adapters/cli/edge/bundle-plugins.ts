import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type * as esbuild from 'esbuild'
import type { InstallConfig } from '../../../src/compiler/install/install.ts'
import { withMemoryLimit } from '../../../src/engine/wasm/memory-limit.ts'
import { pluginFile } from '../../node/plugins/load-plugins.ts'
import { PluginRefused } from '../../node/plugins/plugin-refused.ts'
import { type DeclaredPlugins, findWasm } from '../../node/plugins/wasm/find-wasm.ts'
import { EdgeError } from './edge-error.ts'
import { distFolder } from './miniflare.ts'

/** Bytes of memory of one guest on Workers: an isolate has 128 MB for everything. */
const MOST_MEMORY = 48 * 1024 * 1024
/** Where modules of WebAssembly lie beside the module with the plugins. */
export const WASM_FOLDER = 'plugins'

/** What goes up with the worker: a module whose default export are the plugins by their names, and what that imports. */
export interface PluginBundle {
  readonly names: readonly string[]
  /** Text of the module. */
  readonly text: string
  /** Of WebAssembly, by their names from its folder. */
  readonly modules: Readonly<Record<string, Uint8Array<ArrayBuffer>>>
  /** Of all of it. */
  readonly bytes: number
  /** What plugins can't have on Workers, as people read it. */
  readonly notes: readonly string[]
}

/** Whether an install configuration declares plugins. */
export const declaresPlugins = ({ experimental }: Pick<InstallConfig, 'experimental'>): boolean =>
  Object.keys({ ...experimental?.plugins, ...experimental?.localPlugins }).length > 0

/**
 * Bundles the plugins that an install configuration declares, with all that they import: Workers compile nothing by
 * themselves, so it goes up with the next deployment.
 * @param folder where relative names begin, and Traefik's folders of plugins are
 * @throws EdgeError where one can't be had, or needs what there is not on Workers
 */
export async function bundlePlugins(
  {
    experimental = {} as DeclaredPlugins,
    providers,
  }: Pick<InstallConfig, 'experimental'> & Partial<Pick<InstallConfig, 'providers'>>,
  folder: string,
): Promise<PluginBundle> {
  const scripts = Object.entries(experimental.localPlugins ?? {}).flatMap(([name, { module }]) =>
    // Workers run no providers.
    module === undefined || Object.hasOwn(providers?.plugin ?? {}, name)
      ? []
      : [[name, attempt(name, () => pluginFile(module, folder))] as const],
  )
  const imports = scripts.map(([, file], at) => `import plugin${at} from ${JSON.stringify(file)}\n`)
  const members = scripts.map(([name], at) => `[${JSON.stringify(name)}]: plugin${at}`)
  const modules: Record<string, Uint8Array<ArrayBuffer>> = {}
  const notes: string[] = []
  const names = scripts.map(([name]) => name)
  for (const { name, found } of findWasm(experimental, folder)) {
    const wasm = await attempt(name, () => found().catch((error: unknown) => refusalOf(error, experimental)))
    if (wasm instanceof PluginRefused) {
      notes.push(`plugin "${name}" is left out: ${wasm.message}`)
      continue
    }
    const { code, envs, mounts } = wasm
    const limited = attempt(name, () => withMemoryLimit(code, MOST_MEMORY))
    const digest = createHash('sha256').update(limited).digest('hex').slice(0, 12)
    const file = `${WASM_FOLDER}/${name.replace(/[^\w-]/g, '_')}-${digest}.wasm`
    modules[file] = limited
    if (mounts.length > 0)
      notes.push(`plugin "${name}": there are no folders on Workers, so settings.mounts is left out`)
    const at = names.push(name)
    imports.push(`import module${at} from ${JSON.stringify(`./${file}`)}\n`)
    const variables = envs.map((variable) => `[${JSON.stringify(variable)}]: env[${JSON.stringify(variable)}]`)
    members.push(
      `[${JSON.stringify(name)}]: wasmPlugin(${JSON.stringify(name)}, module${at}, { ${variables.join(', ')} })`,
    )
  }
  if (Object.keys(modules).length > 0) {
    imports.push(`import { wasmPlugin } from 'signalbox/wasm'\nimport { env } from 'cloudflare:workers'\n`)
  }
  try {
    const { outputFiles } = await loadEsbuild().build({
      absWorkingDir: folder,
      stdin: { contents: `${imports.join('')}export default { ${members.join(', ')} }\n`, resolveDir: folder },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['workerd', 'worker', 'browser'],
      target: 'es2023',
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: 'none',
      logLevel: 'silent',
      external: ['cloudflare:*', ...Object.keys(modules).map((file) => `./${file}`)],
      alias: {
        'signalbox/plugin': path.join(distFolder(), 'edge-plugin.js'),
        'signalbox/wasm': path.join(distFolder(), 'edge-wasm.js'),
      },
    })
    const [{ text, contents }] = outputFiles as [esbuild.OutputFile]
    const bytes = Object.values(modules).reduce((sum, { byteLength }) => sum + byteLength, contents.length)
    return { names, text, modules, bytes, notes }
  } catch (error) {
    throw new EdgeError(`the plugins can't be bundled: ${reasonOf(error)}`)
  }
}

/** One that can't run anywhere costs what is of it, as on Node; what could be had the next time is an error. */
function refusalOf(error: unknown, { abortOnPluginFailure = false }: DeclaredPlugins): PluginRefused {
  if (error instanceof PluginRefused && !abortOnPluginFailure) return error
  throw error
}

/**
 * Writes a bundle: the module with the plugins, and the others beside it, in the place of those of an earlier one.
 * @param file the module with the plugins
 */
export async function writeBundle({ text, modules }: PluginBundle, file: string): Promise<void> {
  const beside = path.dirname(file)
  const folder = path.join(beside, WASM_FOLDER)
  const before = existsSync(folder) ? await readdir(folder) : []
  for (const name of before) {
    const isOurs = /-[0-9a-f]{12}\.wasm$/.test(name)
    if (isOurs && modules[`${WASM_FOLDER}/${name}`] === undefined) await rm(path.join(folder, name))
  }
  if (Object.keys(modules).length > 0) await mkdir(folder, { recursive: true })
  for (const [name, code] of Object.entries(modules)) await writeFile(path.join(beside, name), code)
  await writeFile(file, text)
}

/** What fails there fails with the plugin's name. */
function attempt<T>(name: string, task: () => T): T {
  const named = (error: unknown): never => {
    throw new EdgeError(`plugin "${name}": ${(error as Error).message}`)
  }
  try {
    const result = task()
    return result instanceof Promise ? (result.catch(named) as T) : result
  } catch (error) {
    return named(error)
  }
}

/** The first thing that is wrong, with its place. */
function reasonOf(error: unknown): string {
  const [first] = (error as esbuild.BuildFailure).errors ?? []
  if (first === undefined) return error instanceof Error ? error.message : String(error)
  const { location, text } = first
  return location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`
}

/** Wrangler brings it. */
function loadEsbuild(): typeof esbuild {
  const here = createRequire(path.join(process.cwd(), 'package.json'))
  for (const from of ['esbuild', 'wrangler/package.json'] as const) {
    try {
      const found = here.resolve(from)
      return (from === 'esbuild' ? here(found) : createRequire(found)('esbuild')) as typeof esbuild
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error
    }
  }
  throw new EdgeError('bundling plugins needs wrangler: npm install --save-dev wrangler')
}
