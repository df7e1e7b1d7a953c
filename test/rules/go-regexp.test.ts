import { describe, expect, test } from 'vitest'
import { compileRegexp } from '../../src/engine/matching/regexp/regexp.ts'
import { unlimitedEffort } from '../../src/http/effort.ts'
import { planRegexp } from '../../src/rules/go-regexp/plan-regexp.ts'
import { RegexpSyntaxError } from '../../src/rules/go-regexp/syntax-error.ts'

describe("errors are Go's", () => {
  test.each([
    ['(', 'missing closing ): `(`'],
    ['a(b', 'missing closing ): `a(b`'],
    ['a)b', 'unexpected ): `a)b`'],
    ['[abc', 'missing closing ]: `[abc`'],
    ['x[]', 'missing closing ]: `[]`'],
    ['[z-a]', 'invalid character class range: `z-a`'],
    ['[[:foo:]]', 'invalid character class range: `[:foo:]`'],
    ['\\p{Foo}', 'invalid character class range: `\\p{Foo}`'],
    ['\\p{Grek}', 'invalid character class range: `\\p{Grek}`'],
    ['\\p{Old_Italic}', 'invalid character class range: `\\p{Old_Italic}`'],
    ['\\pX', 'invalid character class range: `\\pX`'],
    ['*', 'missing argument to repetition operator: `*`'],
    ['a|*?', 'missing argument to repetition operator: `*?`'],
    ['a**', 'invalid nested repetition operator: `**`'],
    ['a*?+', 'invalid nested repetition operator: `*?+`'],
    ['a{1001}', 'invalid repeat count: `{1001}`'],
    ['a{2,1}', 'invalid repeat count: `{2,1}`'],
    ['((a{100}){100}){2}', 'invalid repeat count: `{100}`'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['(?!a)', 'invalid or unsupported Perl syntax: `(?!`'],
    ['(?<=a)', 'invalid named capture: `(?<=a)`'],
    ['(?<n>a', 'missing closing ): `(?<n>a`'],
    ['(?P<>a)', 'invalid named capture: `(?P<>`'],
    ['(?z)', 'invalid or unsupported Perl syntax: `(?z`'],
    ['(?i-)', 'invalid or unsupported Perl syntax: `(?i-)`'],
    ['(?', 'invalid or unsupported Perl syntax: `(?`'],
    ['a\\', 'trailing backslash at end of expression: ``'],
    ['\\1', 'invalid escape sequence: `\\1`'],
    ['\\q', 'invalid escape sequence: `\\q`'],
    ['\\C', 'invalid escape sequence: `\\C`'],
    ['\\x{110000}', 'invalid escape sequence: `\\x{110000`'],
    ['\\Z', 'invalid escape sequence: `\\Z`'],
    ['\ud800', 'invalid UTF-8: `\ud800`'],
  ])('%s', (pattern, message) => {
    expect(() => planRegexp(pattern)).toThrow(`error parsing regexp: ${message}`)
  })

  test('size and depth are bounded', () => {
    expect(() => planRegexp('(?:a{1000}b{1000}){1}'.repeat(6))).toThrow('expression too large')
    expect(() => planRegexp(`${'(a'.repeat(300)}x*(x*)*y${')'.repeat(300)}`.repeat(7))).toThrow('expression too large')
    expect(() => planRegexp(`${'('.repeat(1001)}${')'.repeat(1001)}`)).toThrow('expression nests too deeply')
    expect(() => planRegexp('('.repeat(100_000))).toThrow(RegexpSyntaxError)
    expect(() => planRegexp(`a${'(?i)*'.repeat(5000)}`)).toThrow('expression nests too deeply')
  })
})

describe('engines', () => {
  test.each([
    '^/api/v[0-9]+/(.*)$', '\\.(png|jpg)$', '^https?://([^/]+)/(.*)', '^(.*)/([^/]+)$', '^/(en|en-us|de)/foo/(.*)$',
    '/v[0-9]+/', '^/foo(/.*)?$', '^(www\\.)?example\\.(com|org)$', '^[a-z0-9-]+\\.example\\.com$', '^.+\\.example\\.com$',
    '(?i)\\.PHP$', 'x*', '.*', 'a.*', '^/static/.*\\.(js|css)$', '^(?:ab|c)+$', '^/user/[0-9a-f]{8}-[0-9a-f]{4}$', '',
    '^/(products|shoes)/?$', '^(?P<first>[^/]*)/(?P<rest>.*)$', '[[:alpha:]]', '^\\pL+$', '\\bfoo\\b', '(?s)^/(.*)$',
  ])('JavaScript runs %s', (pattern) => {
    expect(planRegexp(pattern).kind).toBe('native')
  }) // biome-ignore format: a table

  test.each([
    '^(a+)+$', '(a|a)*b', '(.*)*x', 'a+b', '(a*)*c', '([a-z]+)+@', 'foo.*bar', '(x+x+)+y', '(?:a?){30}a{30}', '[^/]+$',
    '\\d+\\.\\d+', '(?:.*b|a)', '^(([a-z])+.)+[A-Z]([a-z])+$', '(?:(a)|b)*', '(a*)?', '(?m)^a$', '\\Ba', '^/a/(.*)/b/(.*)$',
  ])('the machine runs %s', (pattern) => {
    expect(planRegexp(pattern).kind).toBe('program')
  }) // biome-ignore format: a table
})

describe('meaning', () => {
  test.each([
    ['(?i)k', '\u212a', true],
    ['(?i)straSSe', 'STRA\u017f\u017fE', true],
    ['(?i)ı', 'I', false],
    ['\\w', 'é', false],
    ['\\s', '\u00a0', false],
    ['\\s', '\v', false],
    ['^.$', '😀', true],
    ['^[^a]$', '😀', true],
    ['^\\x{1F600}$', '😀', true],
    ['.', '\n', false],
    ['(?s).', '\n', true],
    ['[^a]', '\n', true],
    ['a$', 'a\n', false],
    ['(?m)a$', 'a\n', true],
    ['\\Aa\\z', 'a', true],
    ['\\Q.*\\E', '.*', true],
    ['\\Q.', 'a', false],
    ['a{,2}', 'a{,2}', true],
    ['x{', 'x{', true],
    ['\\p{Greek}', 'Ω', true],
    ['\\P{^Greek}', 'Ω', true],
    ['[\\p{Lu}\\d]', '5', true],
    ['\\p{letter}', 'é', true],
    ['[[:^alpha:]]', 'é', true],
    ['\\x{FFFD}', '\udcff', true],
    ['[^/]', '\udcff', true],
    ['[a-z\\x{10000}]', '\udcff', false],
    ['(?i-i:a)b', 'AB', false],
    ['(?i)a(?-i)b', 'Ab', true],
    ['\\141\\07', 'a\x07', true],
  ])('%s on %j: %s', (pattern, text, matches) => {
    expect(compileRegexp(planRegexp(pattern)).test(text, unlimitedEffort())).toBe(matches)
  })

  test.each([
    ['a|ab', 'ab', ['a']],
    ['(a|ab)(c|bcd)', 'abcd', ['abcd', 'a', 'bcd']],
    ['(?:(a)|b)*', 'ab', ['ab', 'a']],
    ['(a*)*', 'b', ['', '']],
    ['(a*)+', 'b', ['', '']],
    ['(a|b)*?c', 'abc', ['abc', 'b']],
    ['(?U)a+', 'aaa', ['a']],
    ['(?U)a+?', 'aaa', ['aaa']],
    ['(a){0}b', 'ab', ['b', undefined]],
    ['(?:a(b)?)+', 'aba', ['aba', 'b']],
  ])('%s finds in %s', (pattern, text, groups) => {
    const found = compileRegexp(planRegexp(pattern)).exec(text, unlimitedEffort())
    expect([...(found?.groups ?? [])]).toEqual(groups)
  })
})

describe('classes of Unicode', () => {
  const holds = (pattern: string, point: number) =>
    compileRegexp(planRegexp(`^${pattern}$`)).test(String.fromCodePoint(point), unlimitedEffort())

  test.each([
    ['\\p{Co}', [0xe000, 0xf8ff, 0xf0000, 0xffffd, 0x100000, 0x10fffd], [0xf900, 0xffffe, 0x10fffe, 0xeffff]],
    ['\\p{Cn}', [0x378, 0x40000, 0xdffff, 0xe0fff, 0xeffff, 0xfffff, 0x10ffff], [0x61, 0xe0001, 0xf0000]],
    ['\\p{L}', [0x61, 0x3007 - 1, 0x10000, 0x1e943, 0x20000, 0x2ffff - 0x5e2, 0x30000], [0x2fffe, 0x40000, 0xe0100]],
    ['\\P{L}', [0x30, 0x40000, 0x10ffff], [0x61, 0x20000]],
  ])('%s', (pattern, members, others) => {
    expect([
      members.filter((point) => !holds(pattern, point)),
      others.filter((point) => holds(pattern, point)),
    ]).toEqual([[], []])
  })

  test('copies of a class are one set', () => {
    const plan = planRegexp('(?m:\\PLBμ){1000}')
    if (plan.kind !== 'program') throw new Error(plan.kind)
    expect(plan.sets).toHaveLength(1)
    expect(plan.code).toHaveLength(3_001 * 3)
  })
})

// Rules come with containers, and are read between two requests.
test.each([
  ['many parts', `^/${'(?:[a-z]+)'.repeat(3_000)}$`],
  ['many large classes', '\\PL'.repeat(3_000)],
  ['many large classes in brackets', '[^\\pL\\pN]'.repeat(500)],
  ['many classes without case', Array.from({ length: 500 }, (_, at) => `(?i)[\\x{${at}}-\\x{10ffff}]`).join('')],
])('what is long is planned in bounded time: %s', (_, pattern) => {
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now()
    planRegexp(pattern)
    return performance.now() - began
  })
  expect(Math.min(...times)).toBeLessThan(50)
})
