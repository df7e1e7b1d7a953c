/** What is sent at once: small enough to be read between two requests. */
const ENTRIES = 200
/** Maps of elements stand so deep at most: `http.routers` of a plan, `value.http.routers` of what was read. */
const DEPTH = 3

/** Part of a tree: entries of the map at a path. */
export interface Piece {
  readonly path: readonly string[]
  readonly entries: readonly (readonly [key: string, value: unknown])[]
}

/**
 * A tree of data in pieces, as reading a whole plan of thousands of routers from another thread would hold up everybody
 * for a tenth of a second.
 */
export function* piecesOf(tree: object, path: readonly string[] = []): Generator<Piece> {
  const plain: (readonly [string, unknown])[] = []
  const maps: (readonly [string, object])[] = []
  for (const entry of Object.entries(tree)) {
    if (path.length < DEPTH && isMap(entry[1]) && isLarge(entry[1], path.length + 1)) maps.push([entry[0], entry[1]])
    else plain.push(entry)
  }
  // Also an empty one, so that the map itself is there.
  for (let at = 0; at === 0 || at < plain.length; at += ENTRIES) yield { path, entries: plain.slice(at, at + ENTRIES) }
  for (const [key, map] of maps) yield* piecesOf(map, [...path, key])
}

/** Puts the pieces of a tree together again; a map that was cut comes behind the other keys of its parent. */
export class Assembly {
  readonly #tree: Record<string, unknown> = Object.create(null)

  add({ path, entries }: Piece): void {
    let at = this.#tree
    for (const key of path) {
      at[key] ??= Object.create(null)
      at = at[key] as Record<string, unknown>
    }
    for (const [key, value] of entries) at[key] = value
  }

  get tree(): unknown {
    return this.#tree
  }
}

const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

/** It, or a map in it that can be cut, has more entries than are sent at once. */
function isLarge(map: object, depth: number): boolean {
  const values = Object.values(map)
  if (values.length > ENTRIES) return true
  return depth < DEPTH && values.some((value) => isMap(value) && isLarge(value, depth + 1))
}
