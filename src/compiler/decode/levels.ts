import { OWN_TEXT } from './decode.ts'

/** A name may have so many levels. */
export const MAX_LEVELS = 100

interface Level {
  readonly name: string
  text: string | null
  /** By lower-case name. */
  readonly children: Map<string, Level>
}

/**
 * Builds a tree from texts that each stand at a path of names. Names match without regard to case and keep the spelling
 * that comes first; of two texts at one place the last one counts (paerser `parser/labels_decode.go`).
 */
export class LevelTree {
  readonly #root: Level = levelNamed('')

  /** @param names at most `MAX_LEVELS` */
  add(names: readonly string[], text: string): void {
    let level = this.#root
    for (const name of names) {
      const key = name.toLowerCase()
      let child = level.children.get(key)
      if (child === undefined) {
        child = levelNamed(name)
        level.children.set(key, child)
      }
      level = child
    }
    level.text = text
  }

  /** What the decoder reads. */
  toTree(): Record<string, unknown> {
    return blockOf(this.#root)
  }
}

const levelNamed = (name: string): Level => ({ name, text: null, children: new Map() })

const blockOf = (level: Level): Record<string, unknown> => {
  const tree: Record<string | typeof OWN_TEXT, unknown> = Object.create(null)
  for (const child of level.children.values()) {
    tree[child.name] = child.children.size === 0 && child.text !== null ? child.text : blockOf(child)
  }
  if (level.text !== null) tree[OWN_TEXT] = level.text
  return tree
}
