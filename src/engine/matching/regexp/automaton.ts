import { type ProgramRegexpPlan, RegexpAssertion, RegexpOp } from '../../../plan/regexp.ts'

/** Instructions that one machine can be at, all at once, and where it goes from there. */
interface State {
  /** Those that wait for a character, and asserted ends. */
  readonly list: Int32Array
  readonly matches: boolean
  readonly matchesAtEnd: boolean
  /** By ASCII character; filled as they come. */
  readonly next: (State | undefined)[]
  readonly others: Map<number, State>
}

/** Numbers that all states together may hold: up to 10 MB, for an expression that asks for a thousand copies. */
const MAX_NUMBERS = 1_000_000

/**
 * Tells whether a program matches anywhere in a text, by a deterministic automaton that is made as texts need it: a step is
 * one look-up, where the machine follows as many threads as the expression has counted copies (`x{1000}`).
 */
export class Automaton {
  readonly #plan: ProgramRegexpPlan
  readonly #takes: (operand: number, point: number) => boolean
  readonly #states = new Map<string, State>()
  readonly #atStart: State
  readonly #behind: State
  #numbers = 0

  private constructor(plan: ProgramRegexpPlan, takes: (operand: number, point: number) => boolean) {
    this.#plan = plan
    this.#takes = takes
    this.#atStart = this.#stateOf([plan.start], true)
    this.#behind = this.#stateOf([plan.start], false)
  }

  /** Null for programs that ask for lines or words: these look at two characters at once. */
  static of(plan: ProgramRegexpPlan, takes: (operand: number, point: number) => boolean): Automaton | null {
    for (let i = 0; i < plan.code.length; i += 3) {
      if (plan.code[i] !== RegexpOp.assert) continue
      if (plan.code[i + 1] !== RegexpAssertion.textStart && plan.code[i + 1] !== RegexpAssertion.textEnd) return null
    }
    return new Automaton(plan, takes)
  }

  /** Null when the text needs more states than are kept. */
  test(text: string): boolean | null {
    const { anchored, prefix } = this.#plan
    let at = prefix === '' || anchored ? 0 : text.indexOf(prefix)
    if (at === -1) return false
    let state = at === 0 ? this.#atStart : this.#behind
    while (at < text.length) {
      if (state.matches) return true
      if (anchored && state.list.length === 0) return false
      const code = text.charCodeAt(at)
      let next: State | undefined
      if (code < 128) {
        at++
        next = state.next[code] ?? this.#step(state, code)
      } else {
        const point = text.codePointAt(at)!
        at += point > 0xffff ? 2 : 1
        next = state.others.get(point) ?? this.#step(state, point)
      }
      if (this.#numbers > MAX_NUMBERS) {
        this.#forget()
        return null
      }
      state = next
    }
    return state.matches || state.matchesAtEnd
  }

  #step(state: State, point: number): State {
    const { code, start, anchored } = this.#plan
    const seeds: number[] = []
    for (const instruction of state.list) {
      const base = instruction * 3
      if (code[base] === RegexpOp.set && this.#takes(code[base + 1]!, point)) seeds.push(code[base + 2]!)
    }
    if (!anchored) seeds.push(start)
    const next = this.#stateOf(seeds, false)
    if (point < 128) state.next[point] = next
    else {
      state.others.set(point, next)
      this.#numbers += 8
    }
    return next
  }

  #stateOf(seeds: readonly number[], atStart: boolean): State {
    const { list, matches } = this.#reach(seeds, atStart, false)
    list.sort()
    const key = atStart ? 'start' : keyOf(list)
    const known = matches ? undefined : this.#states.get(key)
    if (known !== undefined) return known
    const ends = this.#reach(list, atStart, true)
    const next = new Array<State | undefined>(128).fill(undefined)
    const state: State = { list, matches, matchesAtEnd: ends.matches, next, others: new Map() }
    if (!matches) this.#states.set(key, state)
    this.#numbers += list.length + 128
    return state
  }

  /** Instructions reached without a character. */
  #reach(seeds: Iterable<number>, atStart: boolean, atEnd: boolean): { list: Int32Array; matches: boolean } {
    const { code } = this.#plan
    const list: number[] = []
    const seen = new Set<number>(seeds)
    let matches = false
    for (const instruction of seen) {
      const base = instruction * 3
      const operand = code[base + 1]!
      const op = code[base]
      if (op === RegexpOp.match) matches = true
      else if (op === RegexpOp.set) list.push(instruction)
      else if (op === RegexpOp.assert) {
        const isStart = operand === RegexpAssertion.textStart
        if (isStart ? atStart : atEnd) seen.add(code[base + 2]!)
        else if (!isStart) list.push(instruction)
      } else {
        if (op === RegexpOp.split) seen.add(operand)
        seen.add(code[base + 2]!)
      }
    }
    return { list: Int32Array.from(list), matches }
  }

  #forget(): void {
    this.#states.clear()
    this.#numbers = 0
    for (const state of [this.#atStart, this.#behind]) {
      state.next.fill(undefined)
      state.others.clear()
    }
  }
}

/** A character for most instructions, two for the others. */
function keyOf(list: Int32Array): string {
  let key = ''
  for (const instruction of list) {
    key += instruction < 0xd800 ? String.fromCharCode(instruction) : String.fromCodePoint(0x10000 + instruction)
  }
  return key
}
