import { LevelTree, MAX_LEVELS } from './levels.ts'

/**
 * Builds a tree from dotted names (`http.routers.web.rule`): levels match without regard to case and keep the
 * spelling that comes first in byte order; an index is a level of its own (`domains[0]` → `domains`, `[0]`). Throws an
 * Error for an empty level or one that begins with `[`.
 *
 * Source: paerser `parser/labels_decode.go`.
 */
export const dottedTree = (texts: ReadonlyMap<string, string>): Record<string, unknown> => {
  const tree = new LevelTree()
  for (const name of [...texts.keys()].sort()) {
    const levels = levelsOf(name)
    if (levels.length > MAX_LEVELS)
      throw new Error(`invalid element: ${name.slice(0, 100)}…: more than ${MAX_LEVELS} levels`)
    tree.add(levels, texts.get(name) ?? '')
  }
  return tree.toTree()
}

const levelsOf = (name: string): string[] => {
  const levels: string[] = []
  for (const part of name.split('.')) {
    if (part === '') throw new Error(`invalid element: ${name}`)
    if (part.startsWith('[')) {
      throw new Error(`invalid leading character '[' in field name (bracket is a slice delimiter): ${part}`)
    }
    const bracket = part.endsWith(']') ? part.indexOf('[') : -1
    if (bracket === -1) levels.push(part)
    else levels.push(part.slice(0, bracket), part.slice(bracket))
  }
  return levels
}
