import type * as z from 'zod'
import type { ConfigProblem } from '../../plan/problem.ts'
import { type Decoded, decode } from '../decode/decode.ts'
import { dottedTree } from '../decode/dotted.ts'
import { nearest } from '../decode/nearest.ts'
import { type DynamicConfig, dynamicSchema } from '../dynamic/dynamic.ts'

/** Labels of a container, tags of a service; the values are as they came. */
export type Labels = Readonly<Record<string, string>>

const ROOT = 'traefik'

/** What labels of routing configuration begin with, in any case (Traefik `pkg/config/label`). */
const ROUTING = ['traefik.http', 'traefik.tcp', 'traefik.udp', 'traefik.tls.stores.default']

/** More than any label needs; Docker itself takes megabytes. */
const MAX_NAME = 4_096
const MAX_LABELS = 10_000

/** Routing configuration as labels have it; an error spoils all of them. */
export const decodeLabels = (labels: Labels): Decoded<DynamicConfig> => decodeBelow(dynamicSchema, labels, ROUTING)

/**
 * Decodes the labels that begin with one of the filters, in any case; the rest is not looked at. Problems say which
 * label they are about.
 */
export const decodeBelow = <S extends z.ZodType>(
  schema: S,
  labels: Labels,
  filters: readonly string[],
): Decoded<z.output<S>> => {
  const names = Object.keys(labels).filter((name) => filters.some((filter) => startsWith(name, filter)))
  const fault = faultOf(names)
  if (fault !== null) return { value: null, problems: [fault] }
  let tree: Record<string, unknown>
  try {
    tree = dottedTree(new Map(names.map((name) => [name, labels[name]!])))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { value: null, problems: [labelProblem('error', message, null, names.find(isNoName) ?? null)] }
  }
  const { value, problems } = decode(schema, tree[ROOT] ?? null, 'label')
  return { value, problems: problems.map((problem) => placed(problem, names)) }
}

const isNoName = (name: string): boolean => {
  try {
    dottedTree(new Map([[name, '']]))
    return false
  } catch {
    // It is the one that all of them together failed for.
    return true
  }
}

const startsWith = (name: string, filter: string): boolean =>
  name.length >= filter.length && name.slice(0, filter.length).toLowerCase() === filter

const faultOf = (names: readonly string[]): ConfigProblem | null => {
  if (names.length > MAX_LABELS) {
    return labelProblem('error', `more than ${MAX_LABELS} labels`, null, null)
  }
  for (const name of names) {
    if (name.length > MAX_NAME)
      return labelProblem('error', `a label's name has more than ${MAX_NAME} characters`, null, name)
    const root = name.slice(0, ROOT.length)
    if (root !== ROOT) return labelProblem('error', `invalid label root ${root}`, `write "${ROOT}"`, name)
  }
  return null
}

/** @param label whose label it is, is added by who knows the item */
const labelProblem = (
  severity: ConfigProblem['severity'],
  message: string,
  hint: string | null,
  label: string | null,
): ConfigProblem => ({
  severity,
  message,
  hint,
  provider: null,
  path: label === null ? [] : label.slice(0, MAX_SHOWN).split('.').slice(1),
  position: null,
  origin: { item: '', ...(label === null ? {} : { field: fieldOf(label) }) },
})

/** So much of a name is shown. */
const MAX_SHOWN = 200

const fieldOf = (label: string): string => `label ${label.length > MAX_SHOWN ? `${label.slice(0, MAX_SHOWN)}…` : label}`

/** The label that a path stands for, or begins. */
const placed = (problem: ConfigProblem, names: readonly string[]): ConfigProblem => {
  const dotted = problem.path.reduce<string>(
    // Labels write one server, without a number.
    (name, key) => (typeof key === 'number' ? name : key.startsWith('[') ? `${name}${key}` : `${name}.${key}`),
    ROOT,
  )
  const wanted = dotted.toLowerCase()
  const label =
    names.find((name) => name.toLowerCase() === wanted) ??
    names.find((name) => isBelow(name.toLowerCase(), wanted)) ??
    names.find((name) => wanted.startsWith(`${name.toLowerCase()}.`))
  return { ...problem, origin: { item: '', field: fieldOf(label ?? dotted) } }
}

/** Whether it names something in `block`, or an element of it. */
const isBelow = (name: string, block: string): boolean =>
  name.startsWith(block) && (name[block.length] === '.' || name[block.length] === '[')

/** Levels below `traefik` that some provider or section has. */
const SECTIONS = ['http', 'tcp', 'udp', 'tls', 'enable', 'docker', 'swarm', 'ecs', 'consulcatalog', 'nomad']

/** Names that only Traefik 1 had below `traefik`, where all of them were options of a container. */
const OF_VERSION_1 = ['frontend', 'backend', 'port', 'weight', 'protocol', 'basic', 'domain', 'tags', 'segment']

/**
 * Warnings of labels that look meant for the proxy and that nothing reads: a misspelt root, sections that there are not
 * and those that labels can't say. Traefik passes over them without a word.
 */
export const strayLabels = (labels: Labels): ConfigProblem[] => {
  const problems: ConfigProblem[] = []
  for (const name of Object.keys(labels)) {
    const [root = '', section = ''] = name.slice(0, MAX_SHOWN).split('.', 2)
    if (root.toLowerCase() !== ROOT) {
      if (name.includes('.') && isMisspelt(root)) {
        problems.push(
          labelProblem(
            'warning',
            `label "${fieldOf(name).slice(6)}" is ignored`,
            `did you mean "${ROOT}${name.slice(root.length, MAX_SHOWN)}"?`,
            name,
          ),
        )
      }
      continue
    }
    const key = section.toLowerCase()
    if (key === 'tls' && !startsWith(name, 'traefik.tls.stores.default')) {
      problems.push(
        labelProblem(
          'warning',
          `label "${fieldOf(name).slice(6)}" is ignored`,
          'TLS options and certificates can’t come from labels: use a file',
          name,
        ),
      )
      continue
    }
    if (
      SECTIONS.some((known) =>
        known === 'http' || known === 'tcp' || known === 'udp' || known === 'enable'
          ? key.startsWith(known)
          : key === known,
      )
    )
      continue
    problems.push(labelProblem('warning', `label "${fieldOf(name).slice(6)}" is ignored`, hintOf(section), name))
  }
  return problems
}

const isMisspelt = (root: string): boolean => root.length > 3 && nearest(root, [ROOT]) !== null

const hintOf = (section: string): string | null => {
  const near = nearest(section, SECTIONS)
  if (near !== null) return `did you mean "${ROOT}.${near}"?`
  return OF_VERSION_1.includes(section.toLowerCase()) ? 'this is a label of Traefik 1' : null
}
