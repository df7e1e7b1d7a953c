import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import type { ConfigProblem, SourcePosition } from '../../plan/problem.ts'
import { tomlOffset } from './toml-position.ts'
import type { ConfigTree } from './tree.ts'

/**
 * Where a path stands in a source, or its deepest part that is there. Reads the source again, so it is for problems
 * only; a source is read once however many positions are asked for.
 * @param offset bytes into the text at the path; null: where its key stands
 */
export const positionOf = (
  tree: ConfigTree,
  path: readonly (string | number)[],
  offset: number | null = null,
): SourcePosition | null => {
  const found =
    path.length === 0
      ? { line: 1, column: 1 }
      : tree.source.format === 'toml'
        ? tomlOffset(tree.source.text, path)
        : yamlPosition(tree, path, offset)
  if (found === null) return null
  const { line, column } = tree.source.place?.(found) ?? found
  return { file: tree.source.file, line, column }
}

/** The problems with the positions they have in a source. */
export const withPositions = (tree: ConfigTree, problems: readonly ConfigProblem[]): readonly ConfigProblem[] =>
  problems.map((problem) =>
    problem.position === null
      ? { ...problem, position: positionOf(tree, problem.path, problem.offset ?? null) }
      : problem,
  )

interface Reading {
  readonly document: Document
  readonly lines: LineCounter
}

const readings = new WeakMap<ConfigTree, Reading>()

const reading = (tree: ConfigTree): Reading => {
  const known = readings.get(tree)
  if (known !== undefined) return known
  const lines = new LineCounter()
  const document = parseDocument(tree.source.text, {
    lineCounter: lines,
    strict: false,
    uniqueKeys: false,
    merge: true,
    logLevel: 'silent',
  })
  const made = { document, lines }
  readings.set(tree, made)
  return made
}

const yamlPosition = (tree: ConfigTree, path: readonly (string | number)[], inside: number | null) => {
  const { document, lines } = reading(tree)
  let node: unknown = document.contents
  let offset: number | null = null
  let steps = 0
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    let next: Node | null = null
    let at: number | undefined
    if (isMap(node)) {
      const pair = pairOf(node, String(step))
      next = (pair?.value as Node | null | undefined) ?? null
      at = (pair?.key as Node | undefined)?.range?.[0]
    } else if (isSeq(node)) {
      next = (node.items[Number(step)] as Node | undefined) ?? null
      at = next?.range?.[0]
    }
    if (at === undefined) break
    offset = at
    node = next
    steps++
  }
  if (offset === null) return null
  if (inside !== null && steps === path.length) offset = offsetInside(node, inside, tree.source.text) ?? offset
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

/** The pair of that key; keys ignore case, but an equal one comes first. */
const pairOf = (map: YAMLMap, name: string): Pair | undefined => {
  const named = (fits: (key: string) => boolean) =>
    map.items.find((item) => isPair(item) && isScalar(item.key) && fits(String(item.key.value)))
  return named((key) => key === name) ?? named((key) => key.toLowerCase() === name.toLowerCase())
}

/** Where a byte of a text on one line stands in the source; null for texts of several lines and for other nodes. */
const offsetInside = (node: unknown, bytes: number, source: string): number | null => {
  if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return null
  const [start, end] = node.range
  const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE'
  if (source.slice(start, end).includes('\n') || (node.type !== 'PLAIN' && !quoted)) return null
  const characters = new TextDecoder().decode(new TextEncoder().encode(node.value).subarray(0, bytes)).length
  return Math.min(start + (quoted ? 1 : 0) + characters, end)
}
