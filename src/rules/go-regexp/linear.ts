import { type Positions, positionsOf } from './positions.ts'
import { pairwiseDisjoint } from './ranges.ts'
import { isAnchored, type Tree } from './tree.ts'

/** Steps of one attempt that are fine even when every place of a text is tried. */
const MAX_BOUNDED_COST = 256
/** Longer sequences have no two parts that both can be proved; to try all would take a square of them. */
const MAX_ITEMS = 500

/**
 * Steps that a backtracking engine takes for each character, at most, where it surely finds every match in time linear
 * in the text; null where that is not sure. Three ways to be sure:
 * - an attempt costs at most a constant, and there is one attempt a place;
 * - attempts run in linear time (`positionsOf`) and cannot overlap much (`attemptsStayApart`);
 * - the match begins at the start of the text, so there is one attempt; it may hand over, once a place at most, to a
 *   rest of one of the kinds above.
 */
export function linearCost(tree: Tree): number | null {
  const anchored = isAnchored(tree)
  // One attempt of bounded length does not depend on the text.
  if (anchored && attemptCost(tree, 1) <= MAX_BOUNDED_COST) return 0
  if (!anchored) return restartCost(tree)
  const positions = positionsOf(tree)
  if (positions !== null) return choicesOf(positions)
  const items = flatten(tree)
  if (items.length > MAX_ITEMS) return restartCost(tree)
  for (let split = items.length - 1; split > 0; split--) {
    const rest = restartCost(sequence(items.slice(split)))
    if (rest === null) continue
    const first = positionsOf(sequence(items.slice(0, split)))
    if (first !== null) return choicesOf(first) + rest
  }
  return restartCost(tree)
}

const sequence = (nodes: readonly Tree[]): Tree => ({ op: 'cat', nodes })

function flatten(tree: Tree): readonly Tree[] {
  if (tree.op === 'cat') return tree.nodes.flatMap(flatten)
  return tree.op === 'group' ? flatten(tree.node) : [tree]
}

/** The same where attempts begin at every place of a text. */
function restartCost(tree: Tree): number | null {
  const bounded = attemptCost(tree, 1)
  if (bounded <= MAX_BOUNDED_COST) return bounded
  const positions = positionsOf(tree)
  if (positions === null || !attemptsStayApart(positions)) return null
  const outside = positions.looping.filter((looping) => !looping).length
  return choicesOf(positions) * (outside + 1)
}

/** Sets that one character is compared with, at most. */
const choicesOf = ({ first, follow }: Positions): number =>
  1 + follow.reduce((most, next) => Math.max(most, next.length), first.length)

/** Steps of the longest attempt, all alternatives tried; Infinity when it depends on the text. */
function attemptCost(tree: Tree, rest: number): number {
  if (rest > MAX_BOUNDED_COST) return Number.POSITIVE_INFINITY
  switch (tree.op) {
    case 'empty':
      return rest
    case 'set':
    case 'assert':
      return rest + 1
    case 'group':
      return attemptCost(tree.node, rest)
    case 'cat':
      return tree.nodes.reduceRight((cost, node) => attemptCost(node, cost), rest)
    case 'alt':
      return tree.nodes.reduce((cost, node) => cost + attemptCost(node, rest), 0)
    case 'repeat': {
      if (tree.max > MAX_BOUNDED_COST) return Number.POSITIVE_INFINITY
      let cost = rest
      for (let i = 0; i < tree.max && cost <= MAX_BOUNDED_COST; i++) {
        cost = attemptCost(tree.node, cost) + (i < tree.max - tree.min ? rest : 0)
      }
      return cost
    }
  }
}

/**
 * Attempts begin only at characters of the first set. When no repetition runs over such a character, an attempt
 * crosses at most as many beginnings of others as it has positions outside repetitions: a place of the text is seen a
 * bounded number of times. Positions from which the match can't fail any more don't count: what they run over belongs
 * to the match, and the next attempt begins behind it.
 */
function attemptsStayApart(positions: Positions): boolean {
  const { sets, first, looping, nullable, freelyNullable } = positions
  const safe = neverFailing(positions)
  if (nullable) return freelyNullable && first.every((position) => safe[position])
  return sets.every((set, position) => {
    if (!looping[position] || safe[position]) return true
    return first.every((start) => pairwiseDisjoint([set, sets[start]!]))
  })
}

/** For each position, whether the match may end there and everywhere it can go on to. */
function neverFailing({ sets, follow, accepting }: Positions): readonly boolean[] {
  const safe = sets.map((_, position) => accepting.has(position))
  for (let changed = true; changed; ) {
    changed = false
    for (let position = 0; position < safe.length; position++) {
      if (safe[position] && !follow[position]!.every((next) => safe[next])) {
        safe[position] = false
        changed = true
      }
    }
  }
  return safe
}
