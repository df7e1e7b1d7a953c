import { createRequire } from 'node:module'
import path from 'node:path'
import type * as esbuild from 'esbuild'
import type { InstallConfig } from '../../../src/compiler/install/install.ts'
import { pluginFile } from '../../node/plugins/load-plugins.ts'
import { EdgeError } from './edge-error.ts'
import { distFolder } from './miniflare.ts'

/** A plugin that an install configuration declares, and the module that it is in. */
export interface DeclaredModule {
  readonly name: string
  /** As it is written: a file or a package. */
  readonly module: string
}

export const pluginModules = ({ experimental }: Pick<InstallConfig, 'experimental'>): readonly DeclaredModule[] =>
  Object.entries(experimental?.localPlugins ?? {}).flatMap(([name, { module }]) =>
    module === undefined ? [] : [{ name, module }],
  )

/**
 * One module whose default export are the plugins by their names, with all that they import. Workers compile nothing by
 * themselves, so it goes up with the next deployment.
 * @param folder where relative names begin
 * @throws EdgeError where one can't be had, or needs what there is not on Workers
 */
export async function bundlePlugins(
  declared: readonly DeclaredModule[],
  folder: string,
): Promise<{ readonly text: string; readonly bytes: number }> {
  const files = declared.map(({ name, module }) => {
    try {
      return pluginFile(module, folder)
    } catch (error) {
      throw new EdgeError(`plugin "${name}": ${(error as Error).message}`)
    }
  })
  const imports = files.map((file, at) => `import plugin${at} from ${JSON.stringify(file)}\n`)
  const members = declared.map(({ name }, at) => `[${JSON.stringify(name)}]: plugin${at}`)
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
      external: ['cloudflare:*'],
      alias: { 'signalbox/plugin': path.join(distFolder(), 'edge-plugin.js') },
    })
    const [{ text, contents }] = outputFiles as [esbuild.OutputFile]
    return { text, bytes: contents.length }
  } catch (error) {
    throw new EdgeError(`the plugins can't be bundled: ${reasonOf(error)}`)
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
