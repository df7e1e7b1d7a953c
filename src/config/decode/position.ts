import { type Document, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { ConfigProblem, SourcePosition } from '../../plan/problem.ts'
import { tomlOffset } from './toml-position.ts'
import type { ConfigTree } from './tree.ts'

/**
 * Where a path stands in a source, or its deepest part that is there. Reads the source again, so it is for problems
 * only; a source is read once however many positions are asked for.
 */
export const positionOf = (tree: ConfigTree, path: readonly (string | number)[]): SourcePosition | null => {
  if (path.length === 0) return null
  const found = tree.source.format === 'toml' ? tomlOffset(tree.source.text, path) : yamlPosition(tree, path)
  return found === null ? null : { file: tree.source.file, line: found.line, column: found.column }
}

/** The problems with the positions they have in a source. */
export const withPositions = (tree: ConfigTree, problems: readonly ConfigProblem[]): readonly ConfigProblem[] =>
  problems.map((problem) =>
    problem.position === null ? { ...problem, position: positionOf(tree, problem.path) } : problem,
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

const yamlPosition = (tree: ConfigTree, path: readonly (string | number)[]) => {
  const { document, lines } = reading(tree)
  let node: unknown = document.contents
  let offset: number | null = null
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    let next: Node | null = null
    let at: number | undefined
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
      )
      next = (pair?.value as Node | null | undefined) ?? null
      at = (pair?.key as Node | undefined)?.range?.[0]
    } else if (isSeq(node)) {
      next = (node.items[Number(step)] as Node | undefined) ?? null
      at = next?.range?.[0]
    }
    if (at === undefined) break
    offset = at
    node = next
  }
  if (offset === null) return null
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}
