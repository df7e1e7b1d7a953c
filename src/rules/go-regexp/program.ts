import { type ProgramRegexpPlan, RegexpOp } from '../../plan/regexp.ts'
import { RegexpSyntaxError } from './syntax-error.ts'
import { isAnchored, isNullable, literalOf, type Repeat, type Tree } from './tree.ts'

/** Instructions times slots: what the machine has to keep while it runs, in numbers of 4 bytes, twice. */
const MAX_MEMORY = 1_000_000

/** Compiles a tree; throws `RegexpSyntaxError` when the machine would need too much memory. */
export function programOf(tree: Tree, groups: readonly (string | null)[], text: string): ProgramRegexpPlan {
  const assembler = new Assembler()
  const start = assembler.emit(tree, assembler.add(RegexpOp.match, 0, 0))
  if ((assembler.code.length / 3) * (groups.length + 1) * 2 > MAX_MEMORY) {
    throw new RegexpSyntaxError('expression too large', text)
  }
  const { code, sets } = assembler
  return {
    kind: 'program',
    source: text,
    groups,
    code,
    start,
    sets,
    anchored: isAnchored(tree),
    prefix: prefixOf(tree),
  }
}

/** Emits backwards: whoever is emitted knows what comes next. */
class Assembler {
  readonly code: number[] = []
  readonly sets: (readonly number[])[] = []
  readonly #known = new Map<string, number>()
  /** The same, of sets that are the same object: a repetition emits its copies. */
  readonly #seen = new Map<readonly number[], number>()

  add(op: number, operand: number, next: number): number {
    return this.code.push(op, operand, next) / 3 - 1
  }

  /** The place where the code of `tree` begins that goes on to `next`. */
  emit(tree: Tree, next: number): number {
    switch (tree.op) {
      case 'empty':
        return next
      case 'set': {
        const literal = literalOf(tree)
        return this.add(RegexpOp.set, literal === -1 ? this.#set(tree.ranges) : -1 - literal, next)
      }
      case 'assert':
        return this.add(RegexpOp.assert, tree.kind, next)
      case 'group': {
        const body = this.emit(tree.node, this.add(RegexpOp.save, tree.index * 2 + 1, next))
        return this.add(RegexpOp.save, tree.index * 2, body)
      }
      case 'cat':
        return tree.nodes.reduceRight((after, node) => this.emit(node, after), next)
      case 'alt': {
        const starts = tree.nodes.map((node) => this.emit(node, next))
        return starts.reduceRight((later, start) => this.add(RegexpOp.split, start, later))
      }
      case 'repeat':
        return this.#repeat(tree, next)
    }
  }

  #repeat({ node, min, max, greedy }: Repeat, next: number): number {
    let after = next
    if (max === Number.POSITIVE_INFINITY) {
      // A round that may be empty runs once at least, or groups inside would stay unset where Go sets them.
      const once = min > 0 || isNullable(node)
      const loop = this.add(RegexpOp.split, 0, 0)
      const body = this.emit(node, loop)
      this.#choose(loop, body, next, greedy)
      after = once ? body : loop
      if (min === 0 && once) after = this.#split(body, next, greedy)
    } else {
      for (let i = min; i < max; i++) after = this.#split(this.emit(node, after), next, greedy)
    }
    const copies = max === Number.POSITIVE_INFINITY ? min - 1 : min
    for (let i = 0; i < copies; i++) after = this.emit(node, after)
    return after
  }

  #split(body: number, next: number, greedy: boolean): number {
    return this.add(RegexpOp.split, greedy ? body : next, greedy ? next : body)
  }

  #choose(split: number, body: number, next: number, greedy: boolean): void {
    this.code[split * 3 + 1] = greedy ? body : next
    this.code[split * 3 + 2] = greedy ? next : body
  }

  #set(ranges: readonly number[]): number {
    const seen = this.#seen.get(ranges)
    if (seen !== undefined) return seen
    const key = ranges.join()
    const index = this.#known.get(key) ?? this.sets.push(ranges) - 1
    this.#known.set(key, index)
    this.#seen.set(ranges, index)
    return index
  }
}

function prefixOf(tree: Tree): string {
  let prefix = ''
  const take = (node: Tree): boolean => {
    if (node.op === 'cat') return node.nodes.every(take)
    if (node.op === 'group') return take(node.node)
    if (node.op === 'repeat' && node.min > 0) return take(node.node) && false
    const literal = literalOf(node)
    if (literal === -1) return false
    prefix += String.fromCodePoint(literal)
    return true
  }
  take(tree)
  return prefix
}
