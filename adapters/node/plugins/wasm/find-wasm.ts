import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { InstallConfig } from '../../../../src/compiler/install/install.ts'
import { durationMs } from '../../../../src/schema/duration.ts'
import { Catalogue, isModule, isVersion } from '../archives/catalogue.ts'
import { MANIFEST, type Manifest, parseManifest } from '../archives/manifest.ts'
import { ZipArchive } from '../archives/zip.ts'
import { insteadOf, isKnownGo } from '../known-plugins.ts'
import { PluginRefused } from '../plugin-refused.ts'
import { type Mount, parseMount } from './mounts.ts'

/** The part of an install configuration that declares plugins. */
export type DeclaredPlugins = NonNullable<InstallConfig['experimental']>
type RemotePlugin = NonNullable<DeclaredPlugins['plugins']>[string]
export type LocalPlugin = NonNullable<DeclaredPlugins['localPlugins']>[string]

/** A module of WebAssembly, and what its guests may do. */
export interface FoundWasm {
  readonly code: Uint8Array<ArrayBuffer>
  /** Names of variables. */
  readonly envs: readonly string[]
  readonly mounts: readonly Mount[]
  /** Longest time for a call, in milliseconds. */
  readonly timeoutMs: number
}

/** Bytes of a module, and of what a plugin says of itself. */
const MOST_CODE = 64 * 1024 * 1024
const MOST_MANIFEST = 1024 * 1024
const TIMEOUT = '1s'

/** A plugin that may be one, by the option that declares it. */
export interface DeclaredWasm {
  readonly where: 'plugins' | 'localPlugins'
  readonly name: string
  /** Rejects with why it can't be had, a `PluginRefused` where there is a hint. */
  found(): Promise<FoundWasm>
}

/**
 * The plugins that are not named by the option `module`: those of the catalogue, whose archives are kept, and those in Traefik's folder for local ones.
 * @param folder where `plugins-storage` and `plugins-local` are
 */
export function findWasm(
  { plugins: remote = {}, localPlugins = {}, pluginCatalogue = '' }: DeclaredPlugins,
  folder: string,
): readonly DeclaredWasm[] {
  const catalogue = new Catalogue(folder, pluginCatalogue)
  const modules = Object.values(remote).map(({ moduleName = '' }) => moduleName)
  const remotes = Object.entries(remote).map(([name, declared]): DeclaredWasm => {
    const { moduleName = '' } = declared
    const isTwice = modules.indexOf(moduleName) !== modules.lastIndexOf(moduleName)
    const found = async () => {
      if (isTwice) throw new Error(`only one version of a plugin is allowed, there is a duplicate of ${moduleName}`)
      return findRemoteWasm(declared, catalogue)
    }
    return { where: 'plugins', name, found }
  })
  const locals = Object.entries(localPlugins)
    .filter(([, { module }]) => module === undefined)
    .map(([name, declared]): DeclaredWasm => {
      return { where: 'localPlugins', name, found: () => findLocalWasm(declared, folder) }
    })
  return [...remotes, ...locals]
}

async function findLocalWasm({ moduleName = '', settings }: LocalPlugin, folder: string): Promise<FoundWasm> {
  if (moduleName === '') throw new PluginRefused('neither module nor moduleName is there', null)
  if (!isModule(moduleName)) throw new Error(`malformed module name ${JSON.stringify(moduleName)}`)
  const home = path.join(folder, 'plugins-local/src', moduleName)
  const text = await readFile(path.join(home, MANIFEST), 'utf8').catch((error: unknown) => {
    const hint = 'a module in TypeScript is named by the option "module"'
    throw new PluginRefused(`failed to open the plugin manifest: ${(error as Error).message}`, hint)
  })
  const manifest = parseManifest(text, moduleName, true)
  refuseGo(manifest, moduleName)
  const code = await readFile(path.join(home, manifest.wasmPath)).catch((error: unknown) => {
    throw new Error(`loading Wasm binary: ${(error as Error).message}`)
  })
  if (code.byteLength > MOST_CODE) throw new Error(`${manifest.wasmPath} is larger than ${MOST_CODE} bytes`)
  return { code: new Uint8Array(code), ...settingsOf(settings) }
}

async function findRemoteWasm(
  { moduleName = '', version = '', hash = '', settings }: RemotePlugin,
  catalogue: Catalogue,
): Promise<FoundWasm> {
  if (isKnownGo(moduleName)) throw inGo(moduleName)
  if (!isModule(moduleName)) throw new Error(`malformed plugin module name ${JSON.stringify(moduleName)}`)
  if (version === '') throw new Error('plugin version is missing')
  if (!isVersion(version)) throw new Error(`malformed plugin version ${JSON.stringify(version)}`)
  const wanted = { moduleName, version, hash: hash === '' ? null : hash.toLowerCase() }
  const archive = new ZipArchive(await catalogue.archive(wanted))
  const prefix = prefixOf(archive.names, `${moduleName}@${version}/`)
  const text = await archive.read(`${prefix}${MANIFEST}`, MOST_MANIFEST)
  if (text === null) throw new Error(`failed to read manifest: there is no ${MANIFEST} in the archive`)
  const manifest = parseManifest(text.toString(), moduleName, false)
  refuseGo(manifest, moduleName)
  await catalogue.settle(wanted)
  const code = await archive.read(path.posix.join(prefix, manifest.wasmPath), MOST_CODE)
  if (code === null) throw new Error(`loading Wasm binary: there is no ${manifest.wasmPath} in the archive`)
  return { code: new Uint8Array(code), ...settingsOf(settings) }
}

/** Archives of Go's modules begin with name and version, others with a folder of whatever name. */
function prefixOf(names: readonly string[], ofModule: string): string {
  if (names.every((name) => name.startsWith(ofModule))) return ofModule
  const found = names.find((name) => name === MANIFEST || /^[^/]+\/\.traefik\.yml$/.test(name))
  return found === undefined ? '' : found.slice(0, -MANIFEST.length)
}

function refuseGo({ runtime }: Manifest, moduleName: string): void {
  if (runtime !== 'wasm') throw inGo(moduleName)
}

const inGo = (moduleName: string): PluginRefused =>
  new PluginRefused(
    `${moduleName} is written in Go for Traefik's interpreter, which is not here`,
    insteadOf(moduleName),
  )

function settingsOf({ envs = [], mounts = [], timeout = TIMEOUT }: LocalPlugin['settings']): Omit<FoundWasm, 'code'> {
  const timeoutMs = durationMs(timeout)
  if (timeoutMs <= 0) throw new Error('settings.timeout must be longer than nothing')
  return { envs, mounts: mounts.map(parseMount), timeoutMs }
}
