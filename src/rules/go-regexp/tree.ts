import type { RegexpAssertion } from '../../plan/regexp.ts'
import type { Ranges } from './ranges.ts'

/** A parsed regular expression. Case folding and flags are resolved: a literal is a set of one code point. */
export type Tree =
  | { readonly op: 'empty' }
  | { readonly op: 'set'; readonly ranges: Ranges }
  | { readonly op: 'assert'; readonly kind: (typeof RegexpAssertion)[keyof typeof RegexpAssertion] }
  | { readonly op: 'cat' | 'alt'; readonly nodes: readonly Tree[] }
  | { readonly op: 'group'; readonly index: number; readonly node: Tree }
  | Repeat

/** `max` is Infinity for unbounded repetition. */
export interface Repeat {
  readonly op: 'repeat'
  readonly node: Tree
  readonly min: number
  readonly max: number
  readonly greedy: boolean
}

export const EMPTY: Tree = { op: 'empty' }

/** The code point of a set of exactly one, or -1. */
export function literalOf(node: Tree): number {
  return node.op === 'set' && node.ranges.length === 2 && node.ranges[0] === node.ranges[1] ? node.ranges[0]! : -1
}

export function isNullable(node: Tree): boolean {
  switch (node.op) {
    case 'set':
      return false
    case 'cat':
      return node.nodes.every(isNullable)
    case 'alt':
      return node.nodes.some(isNullable)
    case 'group':
      return isNullable(node.node)
    case 'repeat':
      return node.min === 0 || isNullable(node.node)
    default:
      return true
  }
}

export function hasGroup(node: Tree): boolean {
  switch (node.op) {
    case 'cat':
    case 'alt':
      return node.nodes.some(hasGroup)
    case 'group':
      return true
    case 'repeat':
      return hasGroup(node.node)
    default:
      return false
  }
}

/** Whether a match can begin at the start of the text only. */
export function isAnchored(node: Tree): boolean {
  switch (node.op) {
    case 'assert':
      return node.kind === 0
    case 'cat': {
      const first = node.nodes[0]
      return first !== undefined && isAnchored(first)
    }
    case 'alt':
      return node.nodes.every(isAnchored)
    case 'group':
      return isAnchored(node.node)
    case 'repeat':
      return node.min > 0 && isAnchored(node.node)
    default:
      return false
  }
}
