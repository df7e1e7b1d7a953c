import { expect, test } from 'vitest'
import { scalarText } from '../../../src/compiler/decode/scalar.ts'
import { parseYaml } from '../../../src/compiler/decode/yaml.ts'

/** The text that Traefik 3.7.15 makes of a scalar in a file; null: it is skipped. */
test.each<[string, string | null]>([
  ['0x1F', '31'],
  ['0o17', '15'],
  ['017', '15'],
  ['08', '8'],
  ['0b11', '3'],
  ['-0x10', '-16'],
  ['1_000', '1000'],
  ['1_', '1'],
  ['_1', '_1'],
  ['+1', '1'],
  ['.5', '0.500000'],
  ['1.', '1'],
  ['1.0', '1'],
  ['0.1_1', '0.110000'],
  ['0.0000005', '0'],
  ['1e3', '1000'],
  ['-2E+05', '-200000'],
  ['1e400', '1e400'],
  ['100000000000000000000000', '99999999999999991611392'],
  ['18446744073709551615', '18446744073709551615'],
  ['.inf', '+Inf'],
  ['-.inf', '-Inf'],
  ['.nan', 'NaN'],
  ['yes', 'yes'],
  ['N', 'N'],
  ['TRUE', 'true'],
  ['tRUE', 'tRUE'],
  ['Null', null],
  ['~', null],
  ['12:30', '12:30'],
  ['2001-01-01x', '2001-01-01x'],
  ['1,000', '1,000'],
  ['!foo x', 'x'],
  ['"\\u0041"', 'A'],
])('%s is %s', (source, text) => {
  const { value } = parseYaml(`a: ${source}`)
  const scalar = (value as { a: string | number | bigint | boolean | null }).a
  expect(scalar === null ? null : scalarText(scalar)).toBe(text)
})

test('JSON is YAML, with exponents too', () => {
  expect(parseYaml('{"a": 1e400, "b": -2E3, "c": "1e3", "d": [true, false]}').value).toEqual({
    a: '1e400',
    b: -2000,
    c: '1e3',
    d: [true, false],
  })
})

test.each(['2001-01-01', '2001-1-1 1:1:1', '2001-12-14t21:59:43.10-05:00'])('%s is a date', (source) => {
  expect((parseYaml(`a: ${source}`).value as { a: unknown }).a).toBeInstanceOf(Date)
})

test('a broken text says where', () => {
  expect(() => parseYaml('a: 1\nb: [')).toThrow(/^yaml: line 2: /)
})

// What `yaml.v3` makes of the same texts.
test.each<[string, unknown]>([
  ['a: 0xFFFFFFFFFFFFFFFFFF', { a: '0xFFFFFFFFFFFFFFFFFF' }],
  ['a: -0x8000000000000001', { a: '-0x8000000000000001' }],
  ['a: |\n  x', { a: 'x' }],
  ['a: >\n  x\n  y', { a: 'x y' }],
  ['- |+2 # c\n   x', [' x']],
  ['a: |-\n  x', { a: 'x' }],
  ['a: |\n  x\n', { a: 'x\n' }],
  ['a: |\n  x\n  ', { a: 'x\n' }],
  ['a: |\n x\n   ', { a: 'x\n  ' }],
  ['a: |\n  x\nb: "|\n  z"', { a: 'x\n', b: '| z' }],
  ['a: [\n]\nb: |\n  x', { a: [], b: 'x' }],
  ['a:\t{b: 1}\nc:\t\t[1]', { a: { b: 1 }, c: [1] }],
  ['d:\n  a:\t{}\ne: "x\n  c:\t[y"', { d: { a: {} }, e: 'x c:\t[y' }],
  ['a: "w\nc:\t{b}\n"\nd:\t{}', { a: 'w c:\t{b} ', d: {} }],
  ['a: |\n  c:\t{b}\nd:\t{}\n', { a: 'c:\t{b}\n', d: {} }],
])('%j', (text, expected) => {
  expect(parseYaml(text).value).toEqual(expected)
})
