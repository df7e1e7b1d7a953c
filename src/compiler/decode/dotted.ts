import { OWN_TEXT } from './decode.ts'

const MAX_LEVELS = 100

interface Level {
  readonly name: string
  text: string | null
  /** By lower-case name. */
  readonly children: Map<string, Level>
}

/**
 * Builds a tree from dotted names (`http.routers.web.rule`): levels match without regard to case and keep the
 * spelling that comes first in byte order; an index is a level of its own (`domains[0]` → `domains`, `[0]`). Throws an
 * Error for an empty level or one that begins with `[`.
 *
 * Source: paerser `parser/labels_decode.go`.
 */
export const dottedTree = (texts: ReadonlyMap<string, string>): Record<string, unknown> => {
  const root: Level = { name: '', text: null, children: new Map() }
  for (const name of [...texts.keys()].sort()) {
    const levels = levelsOf(name)
    if (levels.length > MAX_LEVELS)
      throw new Error(`invalid element: ${name.slice(0, 100)}…: more than ${MAX_LEVELS} levels`)
    let level = root
    for (const part of levels) {
      const key = part.toLowerCase()
      let child = level.children.get(key)
      if (child === undefined) {
        child = { name: part, text: null, children: new Map() }
        level.children.set(key, child)
      }
      level = child
    }
    level.text = texts.get(name) ?? ''
  }
  return toTree(root) as Record<string, unknown>
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

const toTree = (level: Level): unknown => {
  if (level.children.size === 0 && level.text !== null) return level.text
  const tree: Record<string | typeof OWN_TEXT, unknown> = Object.create(null)
  for (const child of level.children.values()) tree[child.name] = toTree(child)
  if (level.text !== null) tree[OWN_TEXT] = level.text
  return tree
}
