import { SyntaxProblem } from './tree.ts'

const MAX_NODES = 2_000_000
const MAX_DEPTH = 100

/**
 * Throws `SyntaxProblem` when a tree with shared parts is too large or too deep once each alias is written out, or
 * when it contains itself. Every part is visited once.
 */
export const measure = (root: unknown): void => {
  const sizes = new Map<object, { nodes: number; depth: number } | null>()
  const visit = (value: unknown): { nodes: number; depth: number } => {
    if (typeof value !== 'object' || value === null) return { nodes: 1, depth: 0 }
    const known = sizes.get(value)
    if (known === null) throw new SyntaxProblem('yaml: an anchor contains itself', 1, 1)
    if (known !== undefined) return known
    sizes.set(value, null)
    let nodes = 1
    let depth = 0
    for (const child of Array.isArray(value) ? value : Object.values(value)) {
      const size = visit(child)
      nodes += size.nodes
      depth = Math.max(depth, size.depth)
    }
    const size = { nodes, depth: depth + 1 }
    if (nodes > MAX_NODES) throw new SyntaxProblem('yaml: document contains excessive aliasing', 1, 1)
    if (size.depth > MAX_DEPTH) throw new SyntaxProblem(`yaml: exceeded max depth of ${MAX_DEPTH}`, 1, 1)
    sizes.set(value, size)
    return size
  }
  visit(root)
}
