import { describe, expect, test } from 'vitest'
import { compilePredicate } from '../../src/matching/predicate.ts'
import { type PredicateLanguage, parsePredicate } from '../../src/rules/predicate/parse.ts'

const language: PredicateLanguage = {
  Count: { gives: 'int', takes: [] },
  Ratio: { gives: 'float', takes: ['int', 'int'] },
  Quantile: { gives: 'int', takes: ['float'] },
  Method: { gives: 'string', takes: [] },
  Broken: { gives: 'boolean', takes: [] },
}

const holds = (expression: string, subject: { count?: number; ratio?: number; method?: string; broken?: boolean }) =>
  compilePredicate<typeof subject>(parsePredicate(expression, language), {
    Count: () => (s) => s.count ?? 0,
    Ratio:
      (from = 0, to = 0) =>
      (s) =>
        (s.ratio ?? 0) + from - to,
    Quantile:
      (q = 0) =>
      () =>
        q,
    Method: () => (s) => s.method ?? '',
    Broken: () => (s) => s.broken ?? false,
  })(subject)

test.each([
  ['Count() == 2', { count: 2 }, true],
  ['Count()!=2', { count: 2 }, false],
  ['Count() < 2', { count: 1 }, true],
  ['Count() <= 2', { count: 2 }, true],
  ['Count() > 2', { count: 2 }, false],
  ['Count() >= 010', { count: 10 }, true],
  ['Ratio(500, 400) > 0.5', { ratio: 0 }, true],
  ['Ratio(0,0) > 5e-1', { ratio: 0.4 }, false],
  ['Quantile(50.0) == 50', {}, true],
  ['Method() == "GET"', { method: 'GET' }, true],
  ['Method() != `GET`', { method: 'GET' }, false],
  ['Broken()', { broken: true }, true],
  ['Broken() && Count() > 1 || Method() == "X"', { method: 'X' }, true],
  ['Broken() && (Count() > 1 || Method() == "X")', { method: 'X' }, false],
  ['((Broken()))', { broken: true }, true],
  ['/* a */ Broken() // b', { broken: true }, true],
])('%s of %o is %s', (expression, subject, expected) => {
  expect(holds(expression, subject)).toBe(expected)
})

describe('refused', () => {
  test.each([
    ['', 'unexpected the end', 0],
    ['Unknown() == 1', 'unsupported function: Unknown', 0],
    ['Count()', 'expected predicate, got Count', 0],
    ['Count() == 1.0', 'expected int, got float 1.0', 11],
    ['Ratio(1,2) > 1', 'expected float, got int 1', 13],
    ['Quantile(50) > 1', 'expected float, got int 50', 9],
    ['Ratio(1) > 1.0', 'too few arguments for Ratio', 0],
    ['Ratio(1,2,3) > 1.0', 'too many arguments for Ratio', 10],
    ['1 == Count()', 'unexpected 1', 0],
    ['!Broken()', 'unexpected "!"', 0],
    ['Count() == -1', 'unexpected "-"', 11],
    ['Broken() == 1', "Broken can't be compared by ==", 9],
    ['Method() < "A"', "Method can't be compared by <", 9],
    ['Method() == GET', 'unexpected GET', 12],
    ['(Broken()', 'unexpected the end, expected )', 9],
    ['Broken() Broken()', 'unexpected Broken', 9],
    ['Count() == 99999999999999999999', 'value out of range: 99999999999999999999', 11],
    [`${'('.repeat(200)}Broken()${')'.repeat(200)}`, 'too many parentheses', 101],
    ['a'.repeat(10_001), 'expression is too long', 10_000],
  ])('%s: %s', (expression, message, at) => {
    expect(() => parsePredicate(expression, language)).toThrow(expect.objectContaining({ message, at }))
  })
})
