import { RegexpAssertion } from '../../plan/regexp.ts'
import { MAX_CODE_POINT, negateRanges, type Ranges } from './ranges.ts'
import { hasGroup, isNullable, literalOf, type Tree } from './tree.ts'

/**
 * JavaScript source (flag `u`) that matches exactly as Go does, or null when JavaScript means something else:
 * repetitions of what may be empty, groups that a later round of a repetition leaves out, assertions about lines,
 * and `\B`, which V8 also finds in the middle of a surrogate pair.
 */
export function nativeSource(tree: Tree): string | null {
  switch (tree.op) {
    case 'empty':
      return '(?:)'
    case 'set':
      return setSource(tree.ranges)
    case 'assert':
      return ASSERTIONS[tree.kind] ?? null
    case 'group': {
      const inner = nativeSource(tree.node)
      return inner === null ? null : `(${inner})`
    }
    case 'cat': {
      const parts = tree.nodes.map((node) => wrapped(node, node.op === 'alt'))
      return parts.includes(null) ? null : parts.join('')
    }
    case 'alt': {
      const parts = tree.nodes.map((node) => (node.op === 'empty' ? '' : nativeSource(node)))
      return parts.includes(null) ? null : parts.join('|')
    }
    case 'repeat': {
      const { node, min, max, greedy } = tree
      if (max === 0) return hasGroup(node) ? null : '(?:)'
      if (isNullable(node) || (max > 1 && !setsGroupsEachRound(node))) return null
      const inner = wrapped(node, node.op !== 'set' && node.op !== 'group')
      return inner === null ? null : inner + quantifier(min, max) + (greedy ? '' : '?')
    }
  }
}

const ASSERTIONS: Readonly<Record<number, string>> = {
  [RegexpAssertion.textStart]: '^',
  [RegexpAssertion.textEnd]: '$',
  [RegexpAssertion.wordBoundary]: '\\b',
}

function wrapped(node: Tree, wrap: boolean): string | null {
  const source = nativeSource(node)
  return source === null || !wrap ? source : `(?:${source})`
}

function quantifier(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`
  if (min === 0 && max === 1) return '?'
  return min === max ? `{${min}}` : `{${min},${max}}`
}

/** JavaScript forgets a group when a round begins; Go keeps what an earlier round gave it. */
function setsGroupsEachRound(node: Tree): boolean {
  switch (node.op) {
    case 'cat':
      return node.nodes.every(setsGroupsEachRound)
    case 'alt':
      return !hasGroup(node)
    case 'group':
      return setsGroupsEachRound(node.node)
    case 'repeat':
      return node.min > 0 ? setsGroupsEachRound(node.node) : !hasGroup(node)
    default:
      return true
  }
}

function setSource(ranges: Ranges): string {
  const literal = literalOf({ op: 'set', ranges })
  if (literal !== -1) return escapePoint(literal, /[\^$\\.*+?()[\]{}|/]/)
  const everything = ranges[0] === 0 && ranges[ranges.length - 1] === MAX_CODE_POINT
  const members = everything ? negateRanges(ranges) : ranges
  let source = everything ? '[^' : '['
  for (let i = 0; i < members.length; i += 2) {
    const first = members[i]!
    const last = members[i + 1]!
    source += escapePoint(first, CLASS_SYNTAX)
    if (last > first + 1) source += '-'
    if (last > first) source += escapePoint(last, CLASS_SYNTAX)
  }
  return `${source}]`
}

const CLASS_SYNTAX = /[\^\\\]\-[]/

function escapePoint(point: number, syntax: RegExp): string {
  if (point < 0x20 || point > 0x7e) return `\\u{${point.toString(16)}}`
  const char = String.fromCharCode(point)
  return syntax.test(char) ? `\\${char}` : char
}
