import type { ConfigProblem } from '../../plan/problem.ts'
import { type Decoded, decode } from '../decode/decode.ts'
import { LevelTree, MAX_LEVELS } from '../decode/levels.ts'
import { nearest } from '../decode/nearest.ts'
import { type DynamicConfig, dynamicSchema } from '../dynamic/dynamic.ts'
import { isEmptyConfiguration } from '../merge/empty.ts'

/** A key of a key-value store and its text. */
export type KeyValue = readonly [key: string, text: string]

const SECTIONS = Object.keys(dynamicSchema.shape)

/** What stands in a section, and the section that is meant where it was left out. */
const PARTS: Readonly<Record<string, string>> = { routers: 'http', services: 'http', middlewares: 'http' }

/** Characters of a key that a message shows. */
const SHOWN = 200

/** `/traefik/` and `traefik` are one root. */
export const normalizeRootKey = (rootKey: string): string => rootKey.replace(/^\/+|\/+$/g, '')

/**
 * Reads what stands below the root of a key-value store: `ROOT/http/routers/NAME/rule`, a fragment of digits is an
 * index. The configuration is taken whole or not at all: with an error `value` is null. Where no section is there, it is
 * one that clears. Keys beside the sections are ignored; those that look meant give a warning.
 *
 * Source: Traefik v3.7 `pkg/config/kv/kv_node.go`.
 * @param pairs every key at or below the root, in any order; what is not below it does not count
 * @param rootKey normalized
 */
export const readPairs = (pairs: Iterable<KeyValue>, rootKey: string): Decoded<DynamicConfig> => {
  const problems: ConfigProblem[] = []
  const meant = new Set<string>()
  const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  const prefix = rootKey === '' ? '' : `${rootKey}/`
  const read = sorted.filter(([key]) => {
    if (!key.startsWith(prefix)) return false
    const below = key.slice(prefix.length)
    if (isSection(below)) return true
    const problem = strayProblem(below, prefix, meant)
    if (problem !== null) problems.push(problem)
    return false
  })
  const tree = new LevelTree()
  for (const [key, text] of joinLists(read)) {
    const levels = levelsOf(key.slice(prefix.length))
    if (levels.length > MAX_LEVELS) problems.push(problemAt('error', key, `more than ${MAX_LEVELS} levels`, null))
    else tree.add(levels, text)
  }
  if (problems.some(({ severity }) => severity === 'error')) return { value: null, problems }
  const decoded = decode(dynamicSchema, tree.toTree(), 'kv')
  problems.push(...withOrigins(decoded.problems, read, prefix))
  return { value: decoded.value === null ? null : clearing(decoded.value), problems }
}

/** Traefik looks at the beginning only, so that `httpx` is read, and then refused. */
const isSection = (below: string): boolean => {
  const begin = below.slice(0, 4).toLowerCase()
  return SECTIONS.some((section) => begin.startsWith(section))
}

/** `middlewares/0` and `middlewares/1` are one list, and count over a `middlewares` that is there too. */
const joinLists = (sorted: readonly KeyValue[]): KeyValue[] => {
  const joined = new Map<string, string[]>()
  const simple = new Map<string, string>()
  for (const [key, text] of sorted) {
    const list = /^(.+)\/\d+$/s.exec(key)?.[1]
    if (list === undefined) {
      simple.set(key, text)
      continue
    }
    const texts = joined.get(list)
    if (texts === undefined) joined.set(list, [text])
    else texts.push(text)
  }
  for (const [key, texts] of joined) simple.set(key, texts.join(','))
  return [...simple].sort(([a], [b]) => (a < b ? -1 : 1))
}

const levelsOf = (below: string): string[] =>
  below
    .split('/')
    .filter((fragment) => fragment !== '')
    .map((fragment) => (/^\d+$/.test(fragment) ? `[${fragment}]` : fragment))

/** A complete look that finds nothing of what counts takes away what was there. */
const clearing = (config: DynamicConfig): DynamicConfig =>
  isEmptyConfiguration(config)
    ? { ...config, http: config.http === undefined ? {} : { ...config.http, routers: {} } }
    : config

/** @param meant first fragments that have been told */
const strayProblem = (below: string, prefix: string, meant: Set<string>): ConfigProblem | null => {
  const first = below
    .slice(0, SHOWN)
    .split('/')
    .find((fragment) => fragment !== '')
  if (first === undefined || meant.has(first)) return null
  const hint = strayHint(first, below.startsWith('/'))
  if (hint === null) return null
  meant.add(first)
  const key = prefix + below.slice(0, below.indexOf(first) + first.length)
  return problemAt('warning', key, `the key is ignored: only ${SECTIONS.join(', ')} are read`, hint)
}

const strayHint = (first: string, behindEmptyLevel: boolean): string | null => {
  const part = Object.hasOwn(PARTS, first.toLowerCase()) ? PARTS[first.toLowerCase()] : undefined
  if (part !== undefined) return `did you mean "${part}/${first}"?`
  if (behindEmptyLevel && isSection(first)) return `did you mean "${first}" without the empty level before it?`
  const near = nearest(first, SECTIONS)
  return near === null ? null : `did you mean "${near}"?`
}

const problemAt = (
  severity: ConfigProblem['severity'],
  key: string,
  message: string,
  hint: string | null,
): ConfigProblem => ({ severity, message, hint, provider: null, path: [], position: null, origin: originOf(key) })

const originOf = (key: string): NonNullable<ConfigProblem['origin']> => ({
  item: `key ${key.length > SHOWN ? `${key.slice(0, SHOWN)}…` : key}`,
})

/** Finds the keys that problems are about, spelled as they are in the store. */
const withOrigins = (
  problems: readonly ConfigProblem[],
  pairs: readonly KeyValue[],
  prefix: string,
): ConfigProblem[] => {
  if (problems.length === 0) return []
  /** By place in the tree, in lower case; null until the key has been seen. */
  const places = new Map<string, string | null>()
  for (const { path } of problems) for (const place of placesOf(path)) places.set(place, null)
  for (const [key] of pairs) {
    let place = ''
    for (let end = prefix.length; end < key.length; ) {
      const next = key.indexOf('/', end)
      const stop = next === -1 ? key.length : next
      if (stop > end) place += `/${key.slice(end, stop).toLowerCase()}`
      // Nothing is asked for below a place that nobody asks for.
      const known = places.get(place)
      if (known === undefined) break
      if (known === null) places.set(place, key.slice(0, stop))
      end = stop + 1
    }
  }
  return problems.map((problem) => {
    const key = placesOf(problem.path)
      .map((place) => places.get(place))
      .findLast((found) => found !== undefined && found !== null)
    return { ...problem, hint: problem.hint ?? hintFor(problem), origin: originOf(key ?? prefix) }
  })
}

/** Of a path and all above it: `/http`, `/http/routers` … */
const placesOf = (path: ConfigProblem['path']): string[] => {
  let place = ''
  return path.map((step) => {
    place += `/${String(step)
      .toLowerCase()
      .replace(/^\[(\d+)\]$/, '$1')}`
    return place
  })
}

const hintFor = ({ message }: ConfigProblem): string | null =>
  message.includes('cannot be a standalone element') ? 'write its options as keys below it, or delete it' : null
