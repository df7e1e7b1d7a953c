import type { NativeRegexpPlan, ProgramRegexpPlan, RegexpPlan } from '../../../plan/regexp.ts'
import { Machine } from './machine.ts'
import { parseTemplate, type TemplatePart } from './template.ts'

export interface RegexpMatch {
  /** UTF-16 offsets. */
  readonly index: number
  readonly end: number
  /** The match and its capture groups; undefined for groups that took no part. */
  readonly groups: readonly (string | undefined)[]
}

/** A regular expression with Go's meaning (RE2: unanchored, leftmost-first), linear in the text whatever it is. */
export interface Regexp {
  test(text: string): boolean
  /** The first match at or behind `from`. */
  exec(text: string, from?: number): RegexpMatch | null
  /** All matches replaced as Go's `ReplaceAllString` does; throws `RegexpTooCostly`. */
  replaceAll(text: string, template: string): string
  /** The template with the match's groups filled in; unknown and absent groups are empty. */
  expand(match: RegexpMatch, template: string): string
}

/**
 * A replacement was given up. Finding one match is linear, finding all is not for an expression that looks far ahead for
 * a better match and comes back (`.*b|a`), and the text belongs to a peer. Go would go on.
 */
export class RegexpTooCostly extends Error {
  constructor() {
    super('replacing every match of a regular expression took too many steps')
    this.name = 'RegexpTooCostly'
  }
}

/** Steps that one replacement may take besides those that a few searches of the whole text need: about 0.1 s. */
const MAX_STEPS = 2_000_000

/** Makes a plan runnable. Cheap: parsing and proofs are done. */
export function compileRegexp(plan: RegexpPlan): Regexp {
  return plan.kind === 'native' ? new NativeRegexp(plan) : new ProgramRegexp(plan)
}

/** Tells quickly whether a program matches in a text; null: it can't say. */
export interface QuickTest {
  test(text: string): boolean | null
}

export type QuickTestOf = (
  plan: ProgramRegexpPlan,
  takes: (operand: number, point: number) => boolean,
) => QuickTest | null

let quickTestOf: QuickTestOf = () => null

/** Gives programs that are made from now on a quicker test than the machine; for runtimes that have the room for it. */
export function useQuickTest(make: QuickTestOf): void {
  quickTestOf = make
}

abstract class GoRegexp implements Regexp {
  readonly #names: readonly (string | null)[]
  #template = ''
  #parts: readonly TemplatePart[] = []

  constructor(groups: readonly (string | null)[]) {
    this.#names = groups
  }

  abstract test(text: string): boolean
  abstract exec(text: string, from?: number): RegexpMatch | null
  /** Steps taken so far; 0 where replacing is linear in any case. */
  protected abstract steps(): number
  /** Steps of a search through a text of that length, at most. */
  protected abstract stepsOfSearch(length: number): number

  replaceAll(text: string, template: string): string {
    let out = ''
    let copied = 0
    const limit = this.steps() + MAX_STEPS + this.stepsOfSearch(text.length) * 4
    for (let from = 0; from <= text.length; ) {
      const match = this.exec(text, from)
      if (this.steps() > limit) throw new RegexpTooCostly()
      if (match === null) break
      const { index, end } = match
      out += text.slice(copied, index)
      // An empty match right behind a match is none.
      if (end > copied || index === 0) out += this.expand(match, template)
      copied = end
      from = Math.max(end, from + (text.codePointAt(from)! > 0xffff ? 2 : 1))
    }
    return copied === 0 && out === '' ? text : out + text.slice(copied)
  }

  expand({ groups }: RegexpMatch, template: string): string {
    if (template !== this.#template) {
      this.#template = template
      this.#parts = parseTemplate(template)
    }
    let out = ''
    for (const part of this.#parts) {
      if (typeof part === 'string') out += part
      else if (typeof part === 'number') out += groups[part] ?? ''
      else out += groups[this.#numberOf(part.name, groups)] ?? ''
    }
    return out
  }

  /** Of groups of one name the first that took part counts. */
  #numberOf(name: string, groups: readonly (string | undefined)[]): number {
    return this.#names.findIndex((known, i) => known === name && groups[i + 1] !== undefined) + 1 || -1
  }
}

class NativeRegexp extends GoRegexp {
  readonly #tester: RegExp
  readonly #finder: RegExp

  constructor({ source, flags, groups }: NativeRegexpPlan) {
    super(groups)
    this.#tester = new RegExp(source, flags)
    this.#finder = new RegExp(source, `${flags}g`)
  }

  protected override steps(): number {
    return 0
  }

  protected override stepsOfSearch(): number {
    return 0
  }

  override test(text: string): boolean {
    return this.#tester.test(text)
  }

  override exec(text: string, from = 0): RegexpMatch | null {
    this.#finder.lastIndex = from
    const match = this.#finder.exec(text)
    return match === null ? null : { index: match.index, end: match.index + match[0].length, groups: match }
  }
}

class ProgramRegexp extends GoRegexp {
  readonly #machine: Machine
  readonly #quick: QuickTest | null

  constructor(plan: ProgramRegexpPlan) {
    super(plan.groups)
    const machine = new Machine(plan)
    this.#machine = machine
    this.#quick = quickTestOf(plan, (operand, point) => machine.takes(operand, point))
  }

  protected override steps(): number {
    return this.#machine.steps
  }

  protected override stepsOfSearch(length: number): number {
    return length * (this.#machine.size + 1)
  }

  override test(text: string): boolean {
    return this.#quick?.test(text) ?? this.#machine.run(text, 0, false)
  }

  override exec(text: string, from = 0): RegexpMatch | null {
    if (from === 0 && this.#quick?.test(text) === false) return null
    if (!this.#machine.run(text, from, true)) return null
    const { found } = this.#machine
    const groups: (string | undefined)[] = []
    for (let slot = 0; slot < found.length; slot += 2) {
      const start = found[slot]!
      // Without an end a group was only begun, in a round that came to nothing.
      groups.push(start === -1 || found[slot + 1] === -1 ? undefined : text.slice(start, found[slot + 1]!))
    }
    return { index: found[0]!, end: found[1]!, groups }
  }
}
