import { pairwiseDisjoint, type Ranges } from './ranges.ts'
import { isNullable, type Tree } from './tree.ts'

/** More characters in an expression are not looked into: the machine runs those. */
const MAX_POSITIONS = 200

/**
 * The positions of an expression (its occurrences of sets) and which may follow which, for expressions where the
 * next character always decides and only one way leads from a position to the next. For these a backtracking engine
 * runs an attempt in time linear in the text: every alternative it comes back to fails on its first character.
 */
export interface Positions {
  readonly sets: readonly Ranges[]
  readonly follow: readonly (readonly number[])[]
  readonly first: readonly number[]
  /** Inside an unbounded repetition. */
  readonly looping: readonly boolean[]
  /** From here the match may end, whatever comes. */
  readonly accepting: ReadonlySet<number>
  readonly nullable: boolean
  /** Matches the empty text at every place: no assertion on the way. */
  readonly freelyNullable: boolean
}

interface Part {
  readonly nullable: boolean
  readonly freelyNullable: boolean
  readonly first: readonly number[]
  readonly last: readonly number[]
  /** Those of `last` from where the end is reached without an assertion. */
  readonly freeLast: readonly number[]
}

const NOTHING: Part = { nullable: true, freelyNullable: true, first: [], last: [], freeLast: [] }
const ASSERTION: Part = { ...NOTHING, freelyNullable: false }

/** Null when the expression is not of that kind, or too large to tell. */
export function positionsOf(tree: Tree): Positions | null {
  const builder = new Builder()
  const part = builder.part(tree, false)
  if (part === null || builder.ambiguous) return null
  const { sets, follow, looping } = builder
  const choices = [part.first, ...follow]
  if (!choices.every((next) => pairwiseDisjoint(next.map((position) => sets[position]!)))) return null
  const { first, nullable, freelyNullable } = part
  return { sets, follow, first, looping, accepting: new Set(part.freeLast), nullable, freelyNullable }
}

class Builder {
  readonly sets: Ranges[] = []
  readonly follow: number[][] = []
  readonly looping: boolean[] = []
  /** Two ways lead to the same place: backtracking might multiply. */
  ambiguous = false

  part(tree: Tree, looping: boolean): Part | null {
    switch (tree.op) {
      case 'empty':
        return NOTHING
      case 'assert':
        return ASSERTION
      case 'set': {
        if (this.sets.length === MAX_POSITIONS) return null
        const position = this.sets.push(tree.ranges) - 1
        this.follow.push([])
        this.looping.push(looping)
        return { nullable: false, freelyNullable: false, first: [position], last: [position], freeLast: [position] }
      }
      case 'group':
        return this.part(tree.node, looping)
      case 'cat':
        return this.#sequence(tree.nodes.map((node) => () => this.part(node, looping)))
      case 'alt':
        return this.#alternatives(tree.nodes, looping)
      case 'repeat':
        return isNullable(tree.node) ? null : this.#repeat(tree.node, tree.min, tree.max, looping)
    }
  }

  #sequence(makers: readonly (() => Part | null)[]): Part | null {
    let left = NOTHING
    for (const make of makers) {
      const right = make()
      if (right === null) return null
      this.#connect(left.last, right.first)
      left = {
        nullable: left.nullable && right.nullable,
        freelyNullable: left.freelyNullable && right.freelyNullable,
        first: left.nullable ? [...left.first, ...right.first] : left.first,
        last: right.nullable ? [...left.last, ...right.last] : right.last,
        freeLast: right.freelyNullable ? [...left.freeLast, ...right.freeLast] : right.freeLast,
      }
    }
    return left
  }

  #alternatives(nodes: readonly Tree[], looping: boolean): Part | null {
    const parts: Part[] = []
    for (const node of nodes) {
      const part = this.part(node, looping)
      if (part === null) return null
      parts.push(part)
    }
    if (parts.filter((part) => part.nullable).length > 1) this.ambiguous = true
    return {
      nullable: parts.some((part) => part.nullable),
      freelyNullable: parts.some((part) => part.freelyNullable),
      first: parts.flatMap((part) => part.first),
      last: parts.flatMap((part) => part.last),
      freeLast: parts.flatMap((part) => part.freeLast),
    }
  }

  #repeat(node: Tree, min: number, max: number, looping: boolean): Part | null {
    if (Math.max(min, max === Number.POSITIVE_INFINITY ? 1 : max) > MAX_POSITIONS) return null
    if (max === Number.POSITIVE_INFINITY) {
      const loop = () => this.#loop(node)
      if (min === 0) return optional(loop())
      const copies = Array.from({ length: min - 1 }, () => () => this.part(node, looping))
      return this.#sequence([...copies, loop])
    }
    const optionals = (count: number): Part | null =>
      count === 0 ? NOTHING : optional(this.#sequence([() => this.part(node, looping), () => optionals(count - 1)]))
    const copies = Array.from({ length: min }, () => () => this.part(node, looping))
    return this.#sequence([...copies, () => optionals(max - min)])
  }

  #loop(node: Tree): Part | null {
    const body = this.part(node, true)
    if (body !== null) this.#connect(body.last, body.first)
    return body
  }

  #connect(from: readonly number[], to: readonly number[]): void {
    for (const position of from) {
      const follow = this.follow[position]!
      for (const next of to) {
        if (follow.includes(next)) this.ambiguous = true
        else follow.push(next)
      }
    }
  }
}

function optional(part: Part | null): Part | null {
  return part === null ? null : { ...part, nullable: true, freelyNullable: true }
}
