import { describe, expect, test } from 'vitest'
import { Automaton } from '../../../../src/engine/matching/regexp/automaton.ts'
import { Machine } from '../../../../src/engine/matching/regexp/machine.ts'
import { factor } from '../../../../src/rules/go-regexp/factor.ts'
import { parseRegexp } from '../../../../src/rules/go-regexp/parse.ts'
import { programOf } from '../../../../src/rules/go-regexp/program.ts'

function automatonOf(source: string): Automaton | null {
  const { tree, groups } = parseRegexp(source)
  const plan = programOf(factor(tree), groups, source)
  const machine = new Machine(plan)
  return Automaton.of(plan, (operand, point) => machine.takes(operand, point))
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
    expect([automaton?.test(text), automaton?.test(text)]).toEqual([matches, matches])
  })

  test('an expression that asks for words or lines has none', () => {
    expect(automatonOf('(a|b)*\\b')).toBeNull()
    expect(automatonOf('(?m)(a|b)*$')).toBeNull()
  })

  test('a text that needs too many states is left to the machine, and the next one is not', () => {
    const automaton = automatonOf('a[ab]{300}c')
    expect(automaton?.test(noise(50_000))).toBeNull()
    expect(automaton?.test('bbb')).toBe(false)
    expect(automaton?.test(`xa${'b'.repeat(300)}c`)).toBe(true)
  })
})
