import { describe, expect, test } from 'vitest'
import { compilePredicate } from '../../src/engine/matching/predicate.ts'
import { type PredicateLanguage, parsePredicate } from '../../src/rules/predicate/parse.ts'

const language: PredicateLanguage = {
  package: 'buffer',
  functions: {
    Count: { gives: 'int', takes: [] },
    Ratio: { gives: 'float', takes: ['int', 'int'] },
    Quantile: { gives: 'int', takes: ['float'] },
    Method: { gives: 'string', takes: [] },
    Broken: { gives: 'boolean', takes: [] },
  },
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
  ['Ratio(0, 0) > 0x1p-1', { ratio: 0.6 }, true],
  ['Ratio(0, 0) == 0x.8p1', { ratio: 1 }, true],
  ['Count() < 9223372036854775807', { count: 1 }, true],
  ['Method() == "\\x47\\105\\u0054"', { method: 'GET' }, true],
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

// As the reference binary words it.
describe('refused', () => {
  test.each([
    ['', "1:1: expected operand, found 'EOF'"],
    ['Bad(', "1:5: expected ')', found 'EOF'"],
    ['Unknown() == 1', 'unsupported function: Unknown'],
    ['a.b()', 'unsupported function: a.b'],
    ['a.b.c()', 'expected selector identifier, got: *ast.SelectorExpr'],
    ['Broken()()', 'expected identifier, got: *ast.CallExpr'],
    ['a.b', 'a.b is not defined'],
    ['Count()', 'expected predicate, got buffer.toInt'],
    ['Method()', 'expected predicate, got buffer.toString'],
    ['"x"', 'expected predicate, got string'],
    ['Count() == 1.0', 'expected int, got float64'],
    ['Ratio(1,2) > 1', 'expected int, got int'],
    ['Ratio(1,2) == 1', 'expected float64, got int'],
    ['Method() == 1', 'expected string, got int'],
    ['Method() == Count()', 'expected string, got buffer.toInt'],
    ['Quantile(50) > 1', 'reflect: Call using int as type float64'],
    ['Ratio(1) > 1.0', 'reflect: Call with too few input arguments'],
    ['Ratio(1,2,3) > 1.0', 'reflect: Call with too many input arguments'],
    ['Ratio(-1,2) > 1.0', '*ast.UnaryExpr is not supported'],
    ['Ratio(1 2) > 1.0', "1:9: missing ',' in argument list"],
    ['Ratio(1', "1:8: missing ',' before newline in argument list"],
    ['1 == Count()', 'unsupported argument: int'],
    ['!Broken()', '! is not supported'],
    ['Count() == -1', '- is not supported'],
    ['Count() + 1 > 2', '+ is not supported'],
    ['Broken() == 1', 'unsupported argument: buffer.hpredicate'],
    ['Method() < "A"', 'unsupported argument: buffer.toString'],
    ['Method() == GET', 'GET is not defined'],
    ["Method() == 'a'", "unsupported function argument type: 'CHAR'"],
    ['Broken() && Count()', 'reflect: cannot use buffer.toInt as type buffer.hpredicate in Call'],
    ['(Broken()', "1:10: expected ')', found newline"],
    ['Broken() Broken()', "1:10: expected 'EOF', found Broken"],
    ['Broken()\n|| Broken()', "2:1: expected 'EOF', found '||'"],
    ['Count() = 1', "1:9: expected '==', found '='"],
    ['Count() > 1 &&', "1:15: expected operand, found 'EOF'"],
    ['Count() == @', "1:12: illegal character U+0040 '@'"],
    ['Count() == 08', "1:13: invalid digit '8' in octal literal"],
    [
      'Count() == 9223372036854775808',
      'failed to parse argument: 9223372036854775808, error: strconv.Atoi: parsing "9223372036854775808": value out of range',
    ],
    ['Count() == 1_000', 'failed to parse argument: 1_000, error: strconv.Atoi: parsing "1_000": invalid syntax'],
    ['Count() == 1i', "unsupported function argument type: 'IMAG'"],
    ['Count() == if', "1:12: expected operand, found 'if'"],
    ['Method() == "\\q"', '1:15: unknown escape sequence'],
    ['Method() == "\0"', '1:14: illegal character NUL'],
    ['Method() == "a', '1:13: string literal not terminated'],
    [
      'Count() == 99999999999999999999',
      'failed to parse argument: 99999999999999999999, error: strconv.Atoi: parsing "99999999999999999999": value out of range',
    ],
    [`${'('.repeat(200)}Broken()${')'.repeat(200)}`, 'expression is nested too deeply'],
    ['a'.repeat(10_001), 'expression is too long'],
  ])('%s: %s', (expression, message) => {
    expect(() => parsePredicate(expression, language)).toThrow(expect.objectContaining({ message }))
  })

  test('a hint tells what the words do not', () => {
    expect(() => parsePredicate('Ratio(1,2) > 1', language)).toThrow(
      expect.objectContaining({ hint: 'Ratio is compared with a number with a decimal point, like 2.0' }),
    )
  })

  test('a circuit breaker names the comparison', () => {
    const breaker = { ...language, package: 'cbreaker' as const }
    expect(() => parsePredicate('1 <= 1', breaker)).toThrow('lt: unsupported argument: int')
  })
})
