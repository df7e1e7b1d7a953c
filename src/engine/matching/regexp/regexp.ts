import type { CompileRegexp, Regexp, RegexpMatch } from '../../../contracts/regexp.ts'
import { type Effort, spend, TooCostly } from '../../../http/effort.ts'
import type { NativeRegexpPlan, ProgramRegexpPlan } from '../../../plan/regexp.ts'
import { Machine } from './machine.ts'
import { parseTemplate, type TemplatePart } from './template.ts'

/**
 * Tells quicker than the machine whether a program matches in a text; null: it can't say. Takes what it does from
 * `effort`.
 */
export interface QuickTest {
  test(text: string, effort: Effort): boolean | null
}

/** @param takes whether the operand of a `set` holds a code point */
export type QuickTestOf = (plan: ProgramRegexpPlan, takes: (operand: number, point: number) => boolean) => QuickTest

/** @param quickTestOf null where there is no room for it: the machine then does all the work */
export const regexpCompiler =
  (quickTestOf: QuickTestOf | null): CompileRegexp =>
  (plan) =>
    plan.kind === 'native' ? new NativeRegexp(plan, quickTestOf) : new ProgramRegexp(plan, quickTestOf)

/** Without automata: where every kilobyte counts, the machine does all that V8 must not. */
export const compileRegexp: CompileRegexp = regexpCompiler(null)

/** What a call costs besides its characters, in steps of `Effort`. */
const CALL = 200
/** What each end of a group that is looked for costs. */
const GROUP = 100
/** What each character of a replacement's outcome costs. */
const OUTPUT = 5
/** Estimates of what the JavaScript engine does leave so much to engines that count. */
const RESERVE = 7_000_000

abstract class GoRegexp implements Regexp {
  readonly #names: readonly (string | null)[]
  #template = ''
  #parts: readonly TemplatePart[] = []

  constructor(groups: readonly (string | null)[]) {
    this.#names = groups
  }

  abstract test(text: string, effort: Effort): boolean
  abstract exec(text: string, effort: Effort, from?: number): RegexpMatch | null
  /** As it is written. */
  protected abstract get source(): string

  replaceAll(text: string, template: string, effort: Effort): string {
    let out = ''
    let copied = 0
    for (let from = 0; from <= text.length; ) {
      const match = this.exec(text, effort, from)
      if (match === null) break
      const { index, end } = match
      const before = out.length
      out += text.slice(copied, index)
      // An empty match right behind a match is none.
      if (end > copied || index === 0) out += this.expand(match, template)
      spend(effort, (out.length - before) * OUTPUT, this.source)
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

/** Run by the JavaScript engine, which tells nobody what it does: its worst is taken for what it did. */
class NativeRegexp extends GoRegexp {
  readonly #plan: NativeRegexpPlan
  readonly #quickTestOf: QuickTestOf | null
  readonly #tester: RegExp
  readonly #finder: RegExp
  #counting: ProgramRegexp | null = null

  constructor(plan: NativeRegexpPlan, quickTestOf: QuickTestOf | null) {
    super(plan.groups)
    this.#plan = plan
    this.#quickTestOf = quickTestOf
    this.#tester = new RegExp(plan.source, plan.flags)
    this.#finder = new RegExp(plan.source, `${plan.flags}g`)
  }

  protected override get source(): string {
    return this.#plan.program?.source ?? this.#plan.source
  }

  override test(text: string, effort: Effort): boolean {
    const counting = this.#enter(text.length, effort)
    return counting === null ? this.#tester.test(text) : counting.test(text, effort)
  }

  override exec(text: string, effort: Effort, from = 0): RegexpMatch | null {
    // A search from where the last match ended is a part of one search of the whole.
    const counting = this.#enter(from === 0 ? text.length : 0, effort)
    if (counting !== null) return counting.exec(text, effort, from)
    this.#finder.lastIndex = from
    const match = this.#finder.exec(text)
    return match === null ? null : { index: match.index, end: match.index + match[0].length, groups: match }
  }

  /** The engine that counts, where the worst case would leave little for others; null: this one may. */
  #enter(length: number, effort: Effort): ProgramRegexp | null {
    const { cost, program } = this.#plan
    const steps = CALL + cost * length
    if (program !== null && effort.stepsLeft - steps < RESERVE) {
      this.#counting ??= new ProgramRegexp(program, this.#quickTestOf)
      return this.#counting
    }
    spend(effort, steps, this.source)
    return null
  }
}

/** Characters that cost nothing to speak of before anything is matched. */
const LONG = 128 * 1024
/** What each further one has cost: reading it, and passing it on. */
const READ = 10

/**
 * A message with a text of a megabyte holds the thread up for some 20 ms by itself, and a matching that counts leaves room
 * for that: together they must stay below 50.
 */
const costOfReading = (text: string): number => Math.max(0, text.length - LONG) * READ

class ProgramRegexp extends GoRegexp {
  protected override readonly source: string
  readonly #machine: Machine
  readonly #quick: QuickTest | null

  constructor(plan: ProgramRegexpPlan, quickTestOf: QuickTestOf | null) {
    super(plan.groups)
    this.source = plan.source
    const machine = new Machine(plan)
    this.#machine = machine
    this.#quick = quickTestOf?.(plan, (operand, point) => machine.takes(operand, point)) ?? null
  }

  override test(text: string, effort: Effort): boolean {
    spend(effort, CALL + costOfReading(text), this.source)
    const known = this.#quick?.test(text, effort) ?? null
    const matches = known ?? this.#machine.run(text, 0, false, effort)
    if (effort.stepsLeft < 0) throw new TooCostly(this.source)
    return matches
  }

  override exec(text: string, effort: Effort, from = 0): RegexpMatch | null {
    if (from === 0 && this.#quick !== null && !this.test(text, effort)) return null
    const { found } = this.#machine
    spend(effort, CALL + found.length * GROUP, this.source)
    const matches = this.#machine.run(text, from, true, effort)
    if (effort.stepsLeft < 0) throw new TooCostly(this.source)
    if (!matches) return null
    const groups: (string | undefined)[] = []
    for (let slot = 0; slot < found.length; slot += 2) {
      const start = found[slot]!
      // Without an end a group was only begun, in a round that came to nothing.
      groups.push(start === -1 || found[slot + 1] === -1 ? undefined : text.slice(start, found[slot + 1]!))
    }
    return { index: found[0]!, end: found[1]!, groups }
  }
}
