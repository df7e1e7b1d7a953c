import type { Effort } from '../../../http/effort.ts'
import { type ProgramRegexpPlan, RegexpAssertion, RegexpOp } from '../../../plan/regexp.ts'
import type { QuickTest, QuickTestOf } from './regexp.ts'

/** Instructions that one machine can be at, all at once, and where it goes from there. */
interface State {
  /** Those that wait for a character, and assertions about what comes next. */
  readonly list: Int32Array
  /** What stands before; it counts for assertions of the list. */
  readonly before: number
  readonly asks: boolean
  readonly matches: boolean
  readonly matchesAtEnd: boolean
  /** By ASCII character; filled as they come. */
  readonly next: (State | undefined)[]
  readonly others: Map<number, State>
}

/** What assertions know of a neighbouring character. */
const EDGE = 0
const NEWLINE = 1
const WORD = 2
const OTHER = 3
const UNKNOWN = 4

/** Numbers that the states of all automata of a process may hold together: some 40 MB. */
const MAX_NUMBERS = 4_000_000
/** Numbers of a state besides its list. */
const STATE_NUMBERS = 150

/** What an automaton's doings cost, in steps of `Effort`. */
const CHARACTER = 8
const OTHER_CHARACTER = 40
const NEW_STATE = 800
const INSTRUCTION = 25
const LISTED = 60

/** Room for states that automata share: who needs more makes all of them begin anew. */
export class StateMemory {
  readonly #holders = new Set<Automaton>()
  readonly #limit: number
  #numbers = 0

  constructor(limit = MAX_NUMBERS) {
    this.#limit = limit
  }

  /** False: nobody has any states now. */
  take(holder: Automaton, numbers: number): boolean {
    this.#holders.add(holder)
    this.#numbers += numbers
    if (this.#numbers <= this.#limit) return true
    for (const one of this.#holders) one.forget()
    this.#holders.clear()
    this.#numbers = 0
    return false
  }
}

/** Each call gives automata with a memory of their own. */
export function automata(): QuickTestOf {
  const memory = new StateMemory()
  return (plan, takes) => new Automaton(plan, takes, memory)
}

const MATCHED: State = {
  list: new Int32Array(),
  before: OTHER,
  asks: false,
  matches: true,
  matchesAtEnd: true,
  next: [],
  others: new Map(),
}

/**
 * Tells whether a program matches anywhere in a text, by a deterministic automaton that is made as texts need it: a
 * step is one look-up, where the machine follows as many threads as the expression has counted copies (`x{1000}`).
 */
export class Automaton implements QuickTest {
  readonly #plan: ProgramRegexpPlan
  readonly #takes: (operand: number, point: number) => boolean
  readonly #memory: StateMemory
  /** It asks what stands on both sides of a place. */
  readonly #looksAround: boolean
  readonly #states = new Map<string, State>()
  #atStart: State | null = null
  #behind: State | null = null
  /** Steps left of the test under way. */
  #left = 0
  #isFull = false
  /** When an instruction was last reached, by generation. */
  readonly #reached: Int32Array
  #generation = 0
  readonly #queue: Int32Array

  constructor(
    plan: ProgramRegexpPlan,
    takes: (operand: number, point: number) => boolean,
    memory: StateMemory = new StateMemory(),
  ) {
    this.#plan = plan
    this.#takes = takes
    this.#memory = memory
    const size = plan.code.length / 3
    this.#reached = new Int32Array(size)
    this.#queue = new Int32Array(size)
    this.#looksAround = plan.code.some(
      (op, i) => i % 3 === 0 && op === RegexpOp.assert && plan.code[i + 1]! > RegexpAssertion.textEnd,
    )
  }

  /** Null when the text needs more states than are kept, or when making them would take most of the effort. */
  test(text: string, effort: Effort): boolean | null {
    const given = effort.stepsLeft
    // What is left over is for the machine, which is quicker where every character makes a new state.
    const least = given * MACHINE_SHARE
    this.#left = given
    this.#isFull = false
    const answer = this.#test(text, least)
    effort.stepsLeft = this.#left
    return answer
  }

  #test(text: string, least: number): boolean | null {
    const { anchored, prefix } = this.#plan
    let at = prefix === '' || anchored ? 0 : text.indexOf(prefix)
    if (at === -1) {
      this.#left -= text.length
      return false
    }
    const first = at
    let state = at === 0 ? this.#startState() : this.#stateBehind()
    while (at < text.length) {
      if (state.matches || (anchored && state.list.length === 0)) break
      const code = text.charCodeAt(at)
      let next: State | undefined
      if (code < 128) {
        at++
        next = state.next[code]
        if (next === undefined) next = this.#step(state, code)
      } else {
        const point = text.codePointAt(at)!
        this.#left -= OTHER_CHARACTER
        at += point > 0xffff ? 2 : 1
        next = state.others.get(point)
        if (next === undefined) next = this.#step(state, point)
      }
      if (this.#isFull || this.#left < least) return null
      state = next
    }
    this.#left -= (at - first) * CHARACTER + first
    return state.matches || (at === text.length && state.matchesAtEnd)
  }

  #startState(): State {
    this.#atStart ??= this.#stateOf([this.#plan.start], EDGE)
    return this.#atStart
  }

  /** Where a match begins with literal text, nothing before it counts. */
  #stateBehind(): State {
    this.#behind ??= this.#stateOf([this.#plan.start], OTHER)
    return this.#behind
  }

  #step(state: State, point: number): State {
    const { code, start, anchored } = this.#plan
    const kind = this.#looksAround ? kindOf(point) : OTHER
    let list: Int32Array | readonly number[] = state.list
    let next: State | null = null
    if (state.asks) {
      const reached = this.#reach(list, state.before, kind)
      list = reached.list
      if (reached.matches) next = MATCHED
    }
    if (next === null) {
      const seeds: number[] = []
      for (const instruction of list) {
        const base = instruction * 3
        if (code[base] === RegexpOp.set && this.#takes(code[base + 1]!, point)) seeds.push(code[base + 2]!)
      }
      this.#left -= list.length * INSTRUCTION
      if (!anchored) seeds.push(start)
      next = this.#stateOf(seeds, kind)
    }
    if (point < 128) state.next[point] = next
    else {
      state.others.set(point, next)
      this.#take(8)
    }
    return next
  }

  #stateOf(seeds: readonly number[], before: number): State {
    const { list, matches } = this.#reach(seeds, before, UNKNOWN)
    if (matches) return MATCHED
    const sorted = Int32Array.from(list).sort()
    const { code } = this.#plan
    const asks = sorted.some((instruction) => code[instruction * 3] === RegexpOp.assert)
    const key = (asks ? String.fromCharCode(before) : '') + keyOf(sorted)
    this.#left -= sorted.length * LISTED
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const matchesAtEnd = asks && this.#reach(sorted, before, EDGE).matches
    const next = new Array<State | undefined>(128).fill(undefined)
    const state: State = { list: sorted, before, asks, matches, matchesAtEnd, next, others: new Map() }
    this.#states.set(key, state)
    this.#left -= NEW_STATE
    this.#take(sorted.length + STATE_NUMBERS)
    return state
  }

  #take(numbers: number): void {
    if (!this.#memory.take(this, numbers)) this.#isFull = true
  }

  /** Instructions reached without a character; assertions that ask for one that is not known are among them. */
  #reach(seeds: Iterable<number>, before: number, after: number): { list: number[]; matches: boolean } {
    const { code } = this.#plan
    const queue = this.#queue
    const reached = this.#reached
    const generation = ++this.#generation
    const list: number[] = []
    let matches = false
    let count = 0
    const add = (instruction: number) => {
      if (reached[instruction] === generation) return
      reached[instruction] = generation
      queue[count++] = instruction
    }
    for (const seed of seeds) add(seed)
    for (let i = 0; i < count; i++) {
      const instruction = queue[i]!
      const base = instruction * 3
      const op = code[base]
      if (op === RegexpOp.match) matches = true
      else if (op === RegexpOp.set) list.push(instruction)
      else if (op === RegexpOp.assert) {
        const holds = holdsBetween(code[base + 1]!, before, after)
        if (holds === null) list.push(instruction)
        else if (holds) add(code[base + 2]!)
      } else {
        if (op === RegexpOp.split) add(code[base + 1]!)
        add(code[base + 2]!)
      }
    }
    this.#left -= count * INSTRUCTION
    return { list, matches }
  }

  forget(): void {
    this.#states.clear()
    this.#atStart = null
    this.#behind = null
  }
}

/** Part of the effort that making states leaves to the machine. */
const MACHINE_SHARE = 0.75

function kindOf(point: number): number {
  if (point === 10) return NEWLINE
  const letter = point | 32
  const isWord = (point >= 48 && point <= 57) || (letter >= 97 && letter <= 122 && point < 128) || point === 95
  return isWord ? WORD : OTHER
}

/** Null: that depends on what comes next, which is not known. */
function holdsBetween(assertion: number, before: number, after: number): boolean | null {
  if (assertion === RegexpAssertion.textStart) return before === EDGE
  if (assertion === RegexpAssertion.lineStart) return before === EDGE || before === NEWLINE
  if (after === UNKNOWN) return null
  if (assertion === RegexpAssertion.textEnd) return after === EDGE
  if (assertion === RegexpAssertion.lineEnd) return after === EDGE || after === NEWLINE
  return ((before === WORD) !== (after === WORD)) === (assertion === RegexpAssertion.wordBoundary)
}

/** A character for most instructions, two for the others. */
function keyOf(list: Int32Array): string {
  let key = ''
  for (const instruction of list) {
    key += instruction < 0xd800 ? String.fromCharCode(instruction) : String.fromCodePoint(0x10000 + instruction)
  }
  return key
}
