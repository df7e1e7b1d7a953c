import { normalizeRanges } from './ranges.ts'
import { EMPTY, hasGroup, literalOf, type Tree } from './tree.ts'

/**
 * Pulls common literal prefixes out of alternations (`en|en-us|de` → `en(?:|-us)|de`) and makes one set of
 * one-character alternatives, which keeps every match and lets more expressions decide by their next character.
 * Alternatives move only past others that begin with another literal, and not when that would renumber groups.
 */
export function factor(node: Tree): Tree {
  switch (node.op) {
    case 'cat':
      return { op: 'cat', nodes: node.nodes.map(factor) }
    case 'group':
    case 'repeat':
      return { ...node, node: factor(node.node) }
    case 'alt':
      return factorAlternatives(node.nodes.map((alternative) => itemsOf(factor(alternative))))
    default:
      return node
  }
}

type Items = readonly Tree[]

function itemsOf(node: Tree): Items {
  if (node.op === 'cat') return node.nodes.flatMap(itemsOf)
  return node.op === 'empty' ? [] : [node]
}

function sequence(items: Items): Tree {
  if (items.length === 0) return EMPTY
  return items.length === 1 ? items[0]! : { op: 'cat', nodes: items }
}

const firstLiteral = (items: Items): number => (items.length === 0 ? -1 : literalOf(items[0]!))

function factorAlternatives(alternatives: readonly Items[]): Tree {
  const mayMove = alternatives.every((items) => firstLiteral(items) !== -1 && !items.some(hasGroup))
  const buckets: Items[][] = []
  const byLiteral = new Map<number, Items[]>()
  let empty = false
  for (const items of alternatives) {
    // A second empty alternative is never needed.
    if (items.length === 0 && empty) continue
    empty ||= items.length === 0
    const literal = firstLiteral(items)
    const last = buckets[buckets.length - 1]
    const home =
      mayMove || (last !== undefined && firstLiteral(last[0]!) === literal) ? byLiteral.get(literal) : undefined
    if (home !== undefined && literal !== -1) home.push(items)
    else {
      const bucket = [items]
      buckets.push(bucket)
      byLiteral.set(literal, bucket)
    }
  }
  const nodes: Tree[] = []
  for (const bucket of buckets) {
    const node = factorBucket(bucket)
    const last = nodes[nodes.length - 1]
    if (node.op === 'set' && last?.op === 'set') {
      nodes[nodes.length - 1] = { op: 'set', ranges: normalizeRanges([...last.ranges, ...node.ranges]) }
    } else nodes.push(node)
  }
  return nodes.length === 1 ? nodes[0]! : { op: 'alt', nodes }
}

/** Alternatives that begin alike. */
function factorBucket(bucket: readonly Items[]): Tree {
  const [first, ...others] = bucket
  if (others.length === 0) return sequence(first!)
  let shared = 0
  while (shared < first!.length) {
    const literal = literalOf(first![shared]!)
    if (literal === -1 || !others.every((items) => shared < items.length && literalOf(items[shared]!) === literal))
      break
    shared++
  }
  const rest = factorAlternatives(bucket.map((items) => items.slice(shared)))
  return sequence([...first!.slice(0, shared), ...itemsOf(rest)])
}
