import path from 'node:path'
import { positionOf } from '../../src/compiler/decode/position.ts'
import type { ConfigTree } from '../../src/compiler/decode/tree.ts'
import { labelConstraint } from '../../src/compiler/discovery/constraints.ts'
import { compileRuleTemplate } from '../../src/compiler/discovery/default-rule.ts'
import { type ComposeItem, readCompose } from '../../src/compiler/discovery/docker/compose.ts'
import { dockerOwnLabels, swarmOwnLabels } from '../../src/compiler/discovery/docker/own-labels.ts'
import { type DockerDerivation, dockerPart } from '../../src/compiler/discovery/docker/part.ts'
import type { ItemPart } from '../../src/compiler/discovery/item.ts'
import { ItemSet } from '../../src/compiler/discovery/item-set.ts'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import type { InstallConfig } from '../../src/compiler/install/install.ts'
import type { ConfigProblem } from '../../src/plan/problem.ts'
import { nodeTemplatePorts } from '../node/templates.ts'

/** What the labels of a Compose file bring, and where in it things stand. */
export interface ComposeConfig {
  /** By provider: `docker`, `swarm`. */
  readonly configurations: ReadonlyMap<string, DynamicConfig>
  readonly problems: readonly ConfigProblem[]
  /** A problem that planning found, with its place in the file. */
  readonly place: (problem: ConfigProblem) => ConfigProblem
}

const DEFAULT_RULE = 'Host(`{{ normalize .Name }}`)'

/** Reads a Compose file as the providers of Docker and Swarm will see what it starts. */
export function readComposeFile(tree: ConfigTree, file: string, install: InstallConfig | null): ComposeConfig {
  const folder = path.basename(path.dirname(path.resolve(file)))
  const compose = readCompose(tree.value, (name) => process.env[name] ?? null, folder)
  const placed = (problem: ConfigProblem): ConfigProblem => ({ ...problem, position: positionOf(tree, problem.path) })
  const problems = compose.problems.map(placed)
  const configurations = new Map<string, DynamicConfig>()
  const found: { readonly item: ComposeItem; readonly part: ItemPart; readonly provider: string }[] = []
  for (const provider of ['docker', 'swarm'] as const) {
    const items = compose.items.filter(({ isSwarm }) => isSwarm === (provider === 'swarm'))
    if (items.length === 0) continue
    const set = new ItemSet(install?.providers[provider]?.onConflict ?? 'drop')
    const derivation = derivationOf(install?.providers[provider])
    for (const item of items) {
      const isSwarm = provider === 'swarm'
      const part = dockerPart(item.container, 'service', derivation, isSwarm ? swarmOwnLabels : dockerOwnLabels, null)
      found.push({ item, part, provider })
      set.set(item.container.id, part)
    }
    const derived = set.derive()
    configurations.set(provider, derived.config)
    for (const problem of derived.problems)
      problems.push({ ...problem, provider, position: positionOf(tree, pathOf(problem, found)) })
  }
  return {
    configurations,
    problems,
    place: (problem) => {
      const path = elementPath(problem, found)
      return path === null ? problem : { ...problem, position: positionOf(tree, path) }
    },
  }
}

function derivationOf(options: InstallConfig['providers']['docker']): DockerDerivation {
  return {
    exposedByDefault: options?.exposedByDefault ?? true,
    constraint: labelConstraint(options?.constraints ?? ''),
    allowEmptyServices: true,
    network: '',
    useBindPortIP: false,
    rule: compileRuleTemplate(options?.defaultRule ?? DEFAULT_RULE, nodeTemplatePorts()),
    hostAddress: '127.0.0.1',
    ownNetworks: new Set(),
    publishedAt: '',
  }
}

type Found = readonly { readonly item: ComposeItem; readonly part: ItemPart; readonly provider: string }[]

/** Where the label stands that a problem of a service names, else the service. */
function pathOf({ origin, path }: ConfigProblem, found: Found): readonly (string | number)[] {
  const owner = found.find(({ part }) => part.title === origin?.item)
  if (owner === undefined) return []
  const label = origin?.field?.replace(/^label /, '').replace(/…$/, '') ?? `traefik.${path.join('.')}`
  return labelPath(owner.item, label) ?? ['services', owner.item.container.id]
}

/** Where the label stands that says what planning complains of. */
function elementPath({ provider, path }: ConfigProblem, found: Found): readonly (string | number)[] | null {
  const [section, kind, name] = path
  for (const { item, part, provider: own } of found) {
    const elements = (part.config as Readonly<Record<string, Readonly<Record<string, object>>>> | null)?.[
      String(section)
    ]?.[String(kind)]
    if (own !== provider || elements === undefined || !Object.hasOwn(elements, String(name))) continue
    return labelPath(item, `traefik.${path.join('.')}`) ?? ['services', item.container.id]
  }
  return null
}

/** The label of that name, or the first one below it, or of what it is part of; null: there is none. */
function labelPath({ places }: ComposeItem, label: string): readonly (string | number)[] | null {
  const names = [...places.keys()]
  for (let wanted = label.toLowerCase(); wanted.includes('.'); wanted = wanted.slice(0, wanted.lastIndexOf('.'))) {
    const fits = (name: string) => name.toLowerCase() === wanted || name.toLowerCase().startsWith(`${wanted}.`)
    const name = names.find(fits)
    if (name !== undefined && wanted.split('.').length > 3) return places.get(name)!
    if (name !== undefined && wanted === label.toLowerCase()) return places.get(name)!
  }
  return null
}
