import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { placeProblem } from '../../src/compiler/decode/place-problem.ts'
import { readTree } from '../../src/compiler/decode/read.ts'
import type { ConfigTree } from '../../src/compiler/decode/tree.ts'
import { isCompose } from '../../src/compiler/discovery/docker/compose.ts'
import { internalConfiguration } from '../../src/compiler/discovery/internal.ts'
import { areManifests } from '../../src/compiler/discovery/kubernetes/manifests.ts'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { emptyInstall, installDefaults } from '../../src/compiler/install/defaults.ts'
import type { InstallConfig } from '../../src/compiler/install/install.ts'
import { mergeFiles } from '../../src/compiler/merge/files.ts'
import { compile } from '../../src/compiler/planning/compile.ts'
import type { Plugins } from '../../src/contracts/plugin.ts'
import type { Plan, Target } from '../../src/plan/plan.ts'
import type { ConfigProblem } from '../../src/plan/problem.ts'
import { readResolved } from '../node/providers/file/read.ts'
import { filesOf, formatOf, readTextFile } from '../node/providers/file/source.ts'

import { readComposeFile } from './compose-file.ts'
import { readManifestFiles } from './manifest-files.ts'

export interface PlannedFile {
  /** Null when a file could not be read as configuration. */
  readonly plan: Plan | null
  readonly problems: readonly ConfigProblem[]
}

export interface PlanFileOptions {
  readonly target: Target
  /**
   * The install configuration that the files will run under; without it, or without entry points in it, every entry
   * point that they name exists.
   */
  readonly install: InstallConfig | null
  /** Those that it declares, loaded. */
  readonly plugins?: Plugins
}

/** Plans a file of dynamic configuration, or a folder of them, as the file provider would bring it. */
export async function planFile(file: string, { target, install, plugins = {} }: PlanFileOptions): Promise<PlannedFile> {
  const compose = composeTree(file)
  if (compose !== null) return planCompose(compose, file, { target, install, plugins })
  const manifests = filesOf(file).filter(isManifestFile)
  if (manifests.length > 0) return planManifests(manifests, { target, install, plugins })
  const problems: ConfigProblem[] = []
  const sources: ConfigTree[] = []
  const files: { name: string; config: DynamicConfig }[] = []
  for (const name of filesOf(file)) {
    const read = await readFile(name)
    problems.push(...read.problems)
    if (read.tree !== null) sources.push(read.tree)
    if (read.config !== null) files.push({ name, config: read.config })
  }
  if (problems.some(({ severity }) => severity === 'error')) return { plan: null, problems }
  const merged = mergeFiles(files)
  const inForce = inForceOf(install, merged.config)
  const plan = compile(
    new Map([
      ['file', merged.config],
      ['internal', internalConfiguration(inForce)],
    ]),
    { install: inForce, target, readFile: (name) => readFileSync(name, 'utf8'), plugins },
  )
  const placed = plan.problems.map((problem) => placeProblem(problem, sources))
  return { plan, problems: [...problems, ...merged.problems, ...placed] }
}

/** The tree of a Compose file; null where the file is something else. */
function composeTree(file: string): ConfigTree | null {
  if (formatOf(file) !== 'yaml' || statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return null
  const tree = readTree(readTextFile(file), 'yaml', file)
  return isCompose(tree.value) ? tree : null
}

/** Plans what the labels of a Compose file bring, as the providers of Docker and Swarm would. */
function planCompose(tree: ConfigTree, file: string, { target, install, plugins }: PlanFileOptions): PlannedFile {
  const { configurations, problems, place } = readComposeFile(tree, file, install)
  const inForce = inForceOf(install, ...configurations.values())
  const plan = compile(new Map([...configurations, ['internal', internalConfiguration(inForce)]]), {
    install: inForce,
    target,
    readFile: (name) => readFileSync(name, 'utf8'),
    plugins,
  })
  return { plan, problems: [...tree.problems, ...problems, ...plan.problems.map(place)] }
}

const isManifestFile = (file: string): boolean => formatOf(file) !== 'toml' && areManifests(readTextFile(file))

/** Plans what objects of Kubernetes bring; other files of the folder are not the proxy's. */
function planManifests(files: readonly string[], { target, install, plugins }: PlanFileOptions): PlannedFile {
  const { configurations, problems, place } = readManifestFiles(files, install)
  const inForce = inForceOf(install, ...configurations.values())
  const plan = compile(new Map([...configurations, ['internal', internalConfiguration(inForce)]]), {
    install: inForce,
    target,
    readFile: (name) => readFileSync(name, 'utf8'),
    plugins,
  })
  const placed = plan.problems.map(place).filter((problem) => problem !== null)
  return { plan, problems: [...problems, ...placed] }
}

interface ReadFile {
  readonly tree: ConfigTree | null
  readonly config: DynamicConfig | null
  readonly problems: readonly ConfigProblem[]
}

async function readFile(name: string): Promise<ReadFile> {
  try {
    const format = formatOf(name)
    if (format === null) throw new Error(`unsupported file extension: ${path.extname(name)}`)
    const text = readTextFile(name)
    const { value, problems, tree } = await readResolved(text, format, name)
    return { tree, config: value, problems }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const position = { file: name, line: 1, column: 1 }
    return {
      tree: null,
      config: null,
      problems: [{ severity: 'error', message, hint: null, provider: 'file', path: [], position }],
    }
  }
}

function inForceOf(install: InstallConfig | null, ...configs: readonly DynamicConfig[]): InstallConfig {
  if (install === null) return installFor(...configs)
  return install.entryPoints === undefined ? { ...install, entryPoints: installFor(...configs).entryPoints } : install
}

/** Without an install configuration there is the entry point `web` and every other one that a router names. */
function installFor(...configs: readonly DynamicConfig[]): InstallConfig {
  const install = installDefaults(emptyInstall())
  const template = Object.values(install.entryPoints ?? {})[0]!
  const udp = configs
    .flatMap(({ udp }) => entryPointsOf(udp?.routers))
    .map((name) => [name, { ...template, address: ':0/udp' }] as const)
  const others = configs.flatMap(({ http, tcp }) => [...entryPointsOf(http?.routers), ...entryPointsOf(tcp?.routers)])
  const tcp = ['web', ...others]
  return {
    ...install,
    api: { basePath: '/', dashboard: true },
    entryPoints: Object.fromEntries([...udp, ...tcp.map((name) => [name, template] as const)]),
  } as InstallConfig
}

const entryPointsOf = (
  routers: Readonly<Record<string, { readonly entryPoints?: readonly string[] | undefined }>> | undefined,
): string[] => Object.values(routers ?? {}).flatMap(({ entryPoints = [] }) => entryPoints)
