import type { Effort } from '../../../http/effort.ts'
import { type ProgramRegexpPlan, RegexpAssertion, RegexpOp } from '../../../plan/regexp.ts'

/** What the machine's doings cost, in steps of `Effort`: more threads, groups and instructions take longer. */
const CHARACTER = 20
const THREAD = 25
const INSTRUCTION = 20

/**
 * Runs a program over a text, all threads side by side (Pike's machine): time is linear in the text for every program,
 * and the match is Go's leftmost-first. The constant is the program's size, so steps are counted. Nothing is allocated
 * for a run; a machine is not re-entrant.
 */
export class Machine {
  /** Positions of the last match by slot, two a group, -1 for groups that took no part. */
  readonly found: Int32Array
  readonly #plan: ProgramRegexpPlan
  readonly #code: Int32Array
  readonly #ascii: readonly Uint8Array[]
  /** 1 for the ASCII characters a match can begin with; null when it can be empty. */
  readonly #first: Uint8Array | null
  readonly #slots: number
  #now: Threads
  #next: Threads
  /** Generation in which an instruction was last reached. */
  readonly #reached: Int32Array
  #generation = 0
  /** What is left of the effort for the run under way. */
  #left = 0
  /** Slots of the thread that is being followed. */
  readonly #current: Int32Array
  /** Instructions still to follow; `-1 - slot, value` restores a slot. */
  readonly #stack: Int32Array

  constructor(plan: ProgramRegexpPlan) {
    const size = plan.code.length / 3
    this.#plan = plan
    this.#code = Int32Array.from(plan.code)
    this.#ascii = plan.sets.map(asciiTable)
    this.#slots = (plan.groups.length + 1) * 2
    this.found = new Int32Array(this.#slots)
    this.#current = new Int32Array(this.#slots)
    this.#now = new Threads(size, this.#slots)
    this.#next = new Threads(size, this.#slots)
    this.#reached = new Int32Array(size)
    this.#stack = new Int32Array(size * 3 + 1)
    this.#first = this.#firstCharacters()
  }

  /**
   * Finds the first match at or behind `from`; its places are in `found`. Without `places` only whether there is one.
   * Once the effort is spent, which `stepsLeft` below zero tells, what it answers means nothing.
   */
  run(text: string, from: number, places: boolean, effort: Effort): boolean {
    this.#left = effort.stepsLeft
    const matched = this.#run(text, from, places)
    effort.stepsLeft = this.#left
    return matched
  }

  #run(text: string, from: number, places: boolean): boolean {
    const { prefix, anchored, start } = this.#plan
    const code = this.#code
    const slots = places ? this.#slots : 0
    let matched = false
    this.#now.count = 0
    this.#advance()
    for (let at = from; ; ) {
      const now = this.#now
      if (now.count === 0) {
        if (matched || (anchored && at > 0)) return matched
        if (prefix !== '') {
          at = text.indexOf(prefix, at)
          if (at === -1) return false
        }
      }
      const point = at < text.length ? text.codePointAt(at)! : -1
      if (!matched && (!anchored || at === 0) && this.#mayBegin(point)) {
        if (places) this.#current.fill(-1)
        this.#current[0] = at
        this.#follow(now, start, text, at, slots)
      }
      const after = at + (point > 0xffff ? 2 : 1)
      const next = this.#next
      next.count = 0
      this.#left -= CHARACTER + now.count * (THREAD + slots)
      if (this.#left < 0) return false
      this.#advance()
      for (let i = 0; i < now.count; i++) {
        const instruction = now.list[i]!
        const base = instruction * 3
        if (code[base] === RegexpOp.match) {
          if (slots === 0) return true
          this.found.set(now.slots.subarray(instruction * slots, instruction * slots + slots))
          this.found[1] = at
          matched = true
          break
        }
        if (point === -1 || !this.takes(code[base + 1]!, point)) continue
        const offset = instruction * slots
        for (let slot = 0; slot < slots; slot++) this.#current[slot] = now.slots[offset + slot]!
        this.#follow(next, code[base + 2]!, text, after, slots)
      }
      if (point === -1) return matched
      this.#now = next
      this.#next = now
      at = after
    }
  }

  #mayBegin(point: number): boolean {
    if (this.#first === null) return true
    return point >= 128 || (point >= 0 && this.#first[point] === 1)
  }

  #firstCharacters(): Uint8Array | null {
    const code = this.#code
    const table = new Uint8Array(128)
    const seen = new Set([this.#plan.start])
    for (const instruction of seen) {
      const base = instruction * 3
      const op = code[base]
      if (op === RegexpOp.match) return null
      if (op === RegexpOp.set) {
        for (let point = 0; point < 128; point++) if (this.takes(code[base + 1]!, point)) table[point] = 1
        continue
      }
      seen.add(code[base + 2]!)
      if (op === RegexpOp.split) seen.add(code[base + 1]!)
    }
    return table
  }

  #advance(): void {
    if (++this.#generation === 0x7fffffff) {
      this.#reached.fill(0)
      this.#generation = 1
    }
  }

  /**
   * Adds the instructions that wait for a character and are reached from `start` without one, in order of preference.
   */
  #follow(threads: Threads, start: number, text: string, at: number, slots: number): void {
    const code = this.#code
    const stack = this.#stack
    const current = this.#current
    let depth = 0
    stack[depth++] = start
    while (depth > 0) {
      let instruction = stack[--depth]!
      if (instruction < 0) {
        current[-1 - instruction] = stack[--depth]!
        continue
      }
      while (this.#reached[instruction] !== this.#generation) {
        this.#reached[instruction] = this.#generation
        this.#left -= INSTRUCTION
        const base = instruction * 3
        const op = code[base]
        if (op === RegexpOp.split) {
          stack[depth++] = code[base + 2]!
          instruction = code[base + 1]!
        } else if (op === RegexpOp.save) {
          const slot = code[base + 1]!
          if (slot < slots) {
            stack[depth++] = current[slot]!
            stack[depth++] = -1 - slot
            current[slot] = at
          }
          instruction = code[base + 2]!
        } else if (op === RegexpOp.assert) {
          if (!holds(code[base + 1]!, text, at)) break
          instruction = code[base + 2]!
        } else {
          threads.list[threads.count++] = instruction
          const offset = instruction * slots
          for (let slot = 0; slot < slots; slot++) threads.slots[offset + slot] = current[slot]!
          break
        }
      }
    }
  }

  /** Whether the operand of a `set` holds a code point. */
  takes(operand: number, point: number): boolean {
    if (operand < 0) return point === -1 - operand
    if (point < 128) return this.#ascii[operand]![point] === 1
    const ranges = this.#plan.sets[operand]!
    let low = 0
    let high = ranges.length >> 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (point > ranges[middle * 2 + 1]!) low = middle + 1
      else high = middle
    }
    return low * 2 < ranges.length && point >= ranges[low * 2]!
  }
}

/** Threads at one place of the text, by preference; each is an instruction with its slots. */
class Threads {
  count = 0
  readonly list: Int32Array
  readonly slots: Int32Array

  constructor(size: number, slots: number) {
    this.list = new Int32Array(size)
    this.slots = new Int32Array(size * slots)
  }
}

function asciiTable(ranges: readonly number[]): Uint8Array {
  const table = new Uint8Array(128)
  for (let i = 0; i < ranges.length && ranges[i]! < 128; i += 2) table.fill(1, ranges[i]!, ranges[i + 1]! + 1)
  return table
}

function holds(assertion: number, text: string, at: number): boolean {
  switch (assertion) {
    case RegexpAssertion.textStart:
      return at === 0
    case RegexpAssertion.textEnd:
      return at === text.length
    case RegexpAssertion.lineStart:
      return at === 0 || text.charCodeAt(at - 1) === 10
    case RegexpAssertion.lineEnd:
      return at === text.length || text.charCodeAt(at) === 10
    default:
      return (isWord(text, at - 1) !== isWord(text, at)) === (assertion === RegexpAssertion.wordBoundary)
  }
}

function isWord(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  const letter = code | 32
  return (code >= 48 && code <= 57) || (letter >= 97 && letter <= 122 && code < 128) || code === 95
}
