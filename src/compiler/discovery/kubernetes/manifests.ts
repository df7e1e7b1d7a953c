import type { ConfigProblem, SourcePosition } from '../../../plan/problem.ts'
import { positionOf } from '../../decode/position.ts'
import { readTree } from '../../decode/read.ts'
import type { ConfigTree } from '../../decode/tree.ts'
import { titleOf } from './findings.ts'
import type { KubernetesObject } from './objects.ts'

/** An object as somebody wrote it down for the API server. */
export interface Manifest {
  readonly object: KubernetesObject
  readonly tree: ConfigTree
  /** Where it stands in the tree: in a list, or all of it. */
  readonly path: readonly (string | number)[]
}

/** Manifests of a file; what is none of them is told. */
export interface Manifests {
  readonly manifests: readonly Manifest[]
  readonly problems: readonly ConfigProblem[]
}

/** Kinds that belong to no namespace. */
const OF_THE_CLUSTER = new Set(['Node', 'Namespace', 'IngressClass', 'GatewayClass', 'ClusterRole'])

/** Whether a text is one of manifests: its first document names a kind and its version. */
export const areManifests = (text: string): boolean =>
  /^apiVersion:/m.test(text) ? /^kind:/m.test(text) : /^\s*\{\s*"?(?:apiVersion|kind)"?\s*:/m.test(text)

/**
 * Reads the documents of a text as the API server would store them: in the namespace `default` where none is said, and
 * the texts of Secrets as base64.
 * @param file for positions
 */
export const readManifests = (text: string, file: string): Manifests => {
  const manifests: Manifest[] = []
  const problems: ConfigProblem[] = []
  for (const tree of documentsOf(text, file)) {
    problems.push(...tree.problems)
    if (tree.value === null) continue
    const items = itemsOf(tree.value)
    for (const [path, value] of items ?? [[[], tree.value] as const]) {
      const object = stored(value)
      if (object !== null) manifests.push({ object, tree, path })
      else {
        const message = 'no manifest: apiVersion, kind and metadata.name are needed'
        problems.push(problemAt(message, positionOf(tree, path)))
      }
    }
  }
  return { manifests, problems }
}

const problemAt = (message: string, position: SourcePosition | null): ConfigProblem => ({
  severity: 'error',
  message,
  hint: null,
  provider: null,
  path: [],
  position,
})

/** A tree for each document, which knows where it stands in the file. */
function* documentsOf(text: string, file: string): Generator<ConfigTree> {
  const lines = text.split('\n')
  const ends = lines.flatMap((line, at) => (/^---(\s|$)/.test(line) ? [at] : []))
  let start = 0
  for (const end of [...ends, lines.length]) {
    const first = start
    const tree = readTree(lines.slice(first, end).join('\n'), 'yaml', file)
    const place = ({ line, column }: { line: number; column: number }) => ({ line: line + first, column })
    const { place: parsed } = tree.source
    yield {
      value: tree.value,
      source: { ...tree.source, place: (at) => place(parsed?.(at) ?? at) },
      problems: tree.problems.map((problem) =>
        problem.position === null
          ? problem
          : { ...problem, position: { ...problem.position, ...place(problem.position) } },
      ),
    }
    start = end + 1
  }
}

/** The objects of a `kind: List`; null: it is none. */
const itemsOf = (value: unknown): (readonly [(string | number)[], unknown])[] | null => {
  const { kind, items } = value as { kind?: unknown; items?: unknown }
  return kind === 'List' && Array.isArray(items) ? items.map((item, at) => [['items', at], item] as const) : null
}

const stored = (value: unknown): KubernetesObject | null => {
  const { apiVersion, kind, metadata, stringData, data, ...rest } = value as Readonly<Record<string, unknown>>
  const { name, namespace } = (metadata ?? {}) as { name?: unknown; namespace?: unknown }
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string') return null
  const place = OF_THE_CLUSTER.has(kind) || typeof namespace === 'string' ? {} : { namespace: 'default' }
  const texts = { ...(data as object | undefined), ...encoded(stringData) }
  return {
    ...rest,
    apiVersion,
    kind,
    metadata: { ...(metadata as object), ...place, name },
    ...(Object.keys(texts).length === 0 ? {} : { data: texts }),
  }
}

const encoded = (stringData: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries((stringData ?? {}) as object).map(([key, text]) => [
      key,
      btoa(Array.from(new TextEncoder().encode(String(text)), (octet) => String.fromCharCode(octet)).join('')),
    ]),
  )

/** The manifests by what their objects are called in messages. */
export const byTitle = (manifests: readonly Manifest[]): ReadonlyMap<string, Manifest> =>
  new Map(manifests.map((manifest) => [titleOf(manifest.object), manifest]))

/**
 * Where a field of an object stands in its file, or the deepest part of it that is there.
 * @param offset bytes into the text of the field; null: where its key stands
 */
export const positionIn = (
  { tree, path }: Manifest,
  field: string,
  offset: number | null = null,
): SourcePosition | null => positionOf(tree, [...path, ...stepsOf(field)], offset)

/** `spec.routes[0].match` → `spec`, `routes`, 0, `match` */
const stepsOf = (field: string): (string | number)[] =>
  [...field.matchAll(/\[(\d+)\]|\[([^\]]+)\]|([^.[]+)/g)].map(([, index, key, name]) =>
    index === undefined ? (key ?? name!) : Number(index),
  )
