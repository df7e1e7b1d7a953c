import { describe, expect, test } from 'vitest'
import { Automaton, StateMemory } from '../../../../src/engine/matching/regexp/automaton.ts'
import { Machine } from '../../../../src/engine/matching/regexp/machine.ts'
import { MAX_STEPS, unlimitedEffort } from '../../../../src/http/effort.ts'
import { factor } from '../../../../src/rules/go-regexp/factor.ts'
import { parseRegexp } from '../../../../src/rules/go-regexp/parse.ts'
import { programOf } from '../../../../src/rules/go-regexp/program.ts'

function automatonOf(source: string): { test(text: string): boolean | null } {
  const { tree, groups } = parseRegexp(source)
  const plan = programOf(factor(tree), groups, source)
  const machine = new Machine(plan)
  const automaton = new Automaton(plan, (operand, point) => machine.takes(operand, point))
  return { test: (text) => automaton.test(text, unlimitedEffort()) }
}

const LONG = 'a'.repeat(50_000)

/** A sequence that does not repeat, of `a` and `b`. */
function noise(length: number): string {
  let state = 1
  let text = ''
  for (let i = 0; i < length; i++) {
    state = (state * 48_271) % 0x7fffffff
    text += state & 64 ? 'a' : 'b'
  }
  return text
}

/** That the machine agrees on all kinds of expressions is in `test/property/regexp.test.ts`; here are those that cost it seconds. */
describe('Automaton', () => {
  test.each([
    ['^(a+)+$', `${LONG}!`, false],
    ['^(a+)+$', LONG, true],
    ['(.*a){12}$', `${LONG}!`, false],
    ['[a-z]{1000}[0-9]', LONG, false],
    ['[a-z]{1000}[0-9]', `${LONG}7`, true],
    ['.{0,999}z', LONG, false],
    ['.{0,999}z', `${LONG}é😀z`, true],
    ['((a{0,30}){0,30})*b', LONG, false],
    ['(^a|b)$', '', false],
    ['(^|b)$', '', true],
  ])('%s', (source, text, matches) => {
    const automaton = automatonOf(source)
    // The second time everything is known.
    expect([automaton.test(text), automaton.test(text)]).toEqual([matches, matches])
  })

  test.each([
    ['(a|b)*\\bc', `${LONG} c`, true],
    ['(a|b)*\\bc', `${LONG}c`, false],
    ['\\b[a-z]{1000}\\b', `é${LONG.slice(0, 1000)}é`, true],
    ['\\b[a-z]{1000}\\b', `_${LONG.slice(0, 1000)}_`, false],
    ['a\\B', `${LONG.slice(0, 9)}-`, true],
    ['b\\B', 'ab', false],
    ['\\B', '', true],
    ['\\B', '-', true],
    ['(?m)^(a|b)*$', `x\n${LONG}\n!`, true],
    ['(?m)^(a|b)+$', `x\nx${LONG}\n!`, false],
    ['(?m)b$', `${LONG}b\n`, true],
  ])('words and lines: %s', (source, text, matches) => {
    const automaton = automatonOf(source)
    expect([automaton.test(text), automaton.test(text)]).toEqual([matches, matches])
  })

  test('automata share their room', () => {
    const memory = new StateMemory(20_000)
    const { tree, groups } = parseRegexp('a[ab]{30}c')
    const plan = programOf(factor(tree), groups, '')
    const machine = new Machine(plan)
    const make = () => new Automaton(plan, (operand, point) => machine.takes(operand, point), memory)
    const [first, second] = [make(), make()]
    const effort = { stepsLeft: Number.POSITIVE_INFINITY }
    expect(first.test(noise(60), effort)).toBe(false)
    const spentAgain = (): number => {
      const left = { stepsLeft: MAX_STEPS }
      first.test(noise(60), left)
      return MAX_STEPS - left.stepsLeft
    }
    expect(spentAgain()).toBeLessThan(1000)
    // The other one needs all the room there is: what this one knew is gone.
    expect(second.test(noise(50_000), effort)).toBeNull()
    expect(spentAgain()).toBeGreaterThan(10_000)
  })

  test('a text that needs too many states is left to the machine, and the next one is not', () => {
    const automaton = automatonOf('a[ab]{300}c')
    expect(automaton.test(noise(50_000))).toBeNull()
    expect(automaton.test('bbb')).toBe(false)
    expect(automaton.test(`xa${'b'.repeat(300)}c`)).toBe(true)
  })
})
