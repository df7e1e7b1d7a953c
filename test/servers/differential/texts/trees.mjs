import { readTree } from '../../../../src/compiler/decode/read.ts'
import { several, sometimesMutated } from './mutations.mjs'

/** Trees of configuration files, before anybody looks for options in them. */
const reader = (format, textOf, pieces, isMeant) => ({
  inputOf: (random) => sometimesMutated(random, 0.3, textOf(random), pieces),
  own(text) {
    const { value, problems } = readTree(text, format, null)
    const wrong = problems.find(({ severity }) => severity === 'error')
    if (wrong !== undefined) return { error: wrong.message }
    if (value === null || value === undefined) return { value: {} }
    // Go reads into a map.
    return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date)
      ? { value: plain(value) }
      : { error: 'no block' }
  },
  isKnown: isMeant,
})

function plain(value) {
  if (typeof value === 'bigint') return `number ${value}`
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'number NaN'
    if (!Number.isFinite(value)) return `number ${value > 0 ? '+' : '-'}Inf`
    return Object.is(value, -0) ? 0 : value
  }
  if (value instanceof Date) return 'a date'
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
  }
  return value
}

/**
 * What the specification permits and Go refuses is read; what it forbids and Go takes is refused, with the place. Names that
 * are no texts, and breaks of lines that only YAML 1.1 knows, are told in `docs/differences.md`.
 */
function isMeantOfYaml(text, own, theirs) {
  if (theirs.error !== undefined && own.error === undefined) {
    return /\t|%YAML|"|\{|<<|<int Value>|\r|\ufeff|invalid map key|did not find|mapping values|cannot start|could not find|control characters|not allowed in this context|base64|directive|non-alphabetical/.test(
      text + theirs.error,
    )
  }
  if (own.error !== undefined)
    return (
      /[\]}"']#|!|[{[?*&\0\t\r]|\ufeff|[|>].*#|---|\.\.\./m.test(text) ||
      /document separator is expected/.test(own.error)
    )
  return /^\s*(?:~|null|Null|NULL|[0-9.]+|&\w+)?\s*:|[\u0085\u2028\u2029]|!|&\w*:|\?|\{[^}]*:,/m.test(text)
}

/** A date that there is not; and tables and keys that are defined twice, which Go puts together. */
const isMeantOfToml = (text, own, theirs) =>
  own.error === undefined
    ? /invalid datetime/.test(theirs.error) || /1e400/.test(text)
    : /redefine/.test(own.error) && theirs.error === undefined

const PLAIN = [
  'a', 'abc def', 'true', 'True', 'yes', 'off', 'n', 'null', '~', '', '1', '-1', '+1', '0', '007', '08', '0x1F', '0b11', '0o17', '1_000', '1.5', '.5', '5.', '1e3', '1e400', '-.inf', '.nan', '.NaN', '123456789012345678901', '9223372036854775808',
  '2024-01-02', '2024-01-02 03:04:05', '2024-01-02T03:04:05Z', '2024-13-02', '12:30:45', '1:2', 'a: b', 'a #b', 'a#b', '#', '- a', '-', '?', ':', '::', '=', '<<', 'http://a:80/x?y#z', 'Host(`a`)', '!x', '!!str 1', '!!int "1"', '!!bool x', '!!binary YQ==', '!!float 1', '!!null x', '!!set {a}', '&x a', '*x', '&y', '@', '`a`',
  '%', '|', '>', '"', "'", '"a\\nb"', '"\\x41\\u00e9"', '"\\q"', "'it''s'", '"a', '[a, b]', '[a', '[]', '{}', '{a: 1}', '{a}', '{a: , b: }', '[a, ]', '[,]', '{a: [1, {b: c}]}', '{"a":1}', '[a b, "c"]', '"a" b', 'é', '😀', '\ufeff', 'a\tb', '0.0', '-0', '0x', '1__0', '_1', 'NULL', 'TRUE', '0xFFFFFFFFFFFFFFFFFF', '1e', '1,2', '---', '...', '{{ x }}',
] // biome-ignore format: a table
const KEYS = [
  'a',
  'b',
  'c',
  'key',
  '"q"',
  "'s'",
  '1',
  'true',
  'a b',
  'x.y',
  '<<',
  'é',
  '? a',
  'A',
  '1.5',
  'a:b',
  '-a',
  '!!str k',
  '&k k',
]
const YAML_PIECES = [
  '\n',
  '  ',
  ' ',
  '\t',
  ':',
  ': ',
  '- ',
  '-',
  '#',
  ' #',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ',',
  '|',
  '>',
  '&x ',
  '*x',
  '!',
  '!!str ',
  '? ',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '%',
  '\r\n',
  '\r',
  '\0',
  '\ufeff',
  '<<: *x',
  '|-',
  '>+2',
  '\\',
  '~',
  'a',
]

function block(random, depth, indent) {
  const keys = several(random, 1, 3, () => random.pick(random.chance(0.75) ? ['a', 'b', 'c', 'd', 'e', 'f'] : KEYS))
  const unique = random.chance(0.95) ? [...new Set(keys)] : keys
  return unique.map((key) => `${indent}${key}:${value(random, depth, indent)}`).join('')
}

function value(random, depth, indent) {
  const deeper = indent + random.pick(['  ', '  ', '  ', ' ', '    '])
  const kind = depth === 0 ? 0 : random.below(9)
  if (kind === 1 || kind === 2)
    return `${random.pick(['', '', ' &x', ' !!map', ' # c'])}\n${block(random, depth - 1, deeper)}`
  if (kind === 3) {
    const at = random.chance(0.3) ? indent : deeper
    return `\n${several(random, 1, 3, () => `${at}-${random.chance(0.3) ? ` ${block(random, 0, '').trimEnd()}\n` : scalar(random)}`).join('')}`
  }
  if (kind === 4) {
    const lines = several(random, 1, 4, () =>
      random.chance(0.2) ? '' : deeper + random.pick(['text', ' more', 'a: b', '# c', 'x ', '- y', '\ttab']),
    )
    return ` ${random.pick(['|', '>', '|-', '>-', '|+', '>+', '|2', '>1-', '| # c'])}\n${lines.join('\n')}\n`
  }
  if (kind === 5) return ` ${random.pick(['"', "'", ''])}word\n${deeper}next${random.pick(['"', "'", ''])}\n`
  return scalar(random)
}

const scalar = (random) =>
  `${random.pick([' ', ' ', ' ', '  ', '\t', ''])}${random.pick(PLAIN)}${random.pick(['', '', '', ' ', ' # c'])}\n`

const yamlText = (random) => {
  const start = random.pick(['', '', '', '', '---\n', '# c\n', '\n', '%YAML 1.1\n---\n', '--- # c\n', '\ufeff'])
  const anchored = random.chance(0.2)
    ? `${random.pick(['base: &x\n  k: v\n  l: 1\n', 'base: &x text\n', 'base: &x [1, 2]\n'])}`
    : ''
  const end = random.pick(['', '', '', '', '---\nz: 1\n', '...\n', '\n\n', '# c'])
  return start + anchored + block(random, 2, '') + end
}

export const yaml = reader('yaml', yamlText, YAML_PIECES, isMeantOfYaml)

const TOML_VALUES = [
  '1', '+1', '-0', '0x1F', '0o17', '0b11', '1_000', '1__0', '_1', '01', '1.5', '1.', '.5', '1e3', '1e400', '5e+22', 'inf', '-inf', 'nan', '+nan', '9223372036854775807', '9223372036854775808', 'true', 'false', 'True', '"a"', '"a\\nb\\u00e9\\U0001F600"', '"\\q"', '"\\x41"', '"\\e"', "'raw \\n'", "'it''s'",
  '"""a\nb"""', '"""\na \\\n   b"""', '"""a""b"""', '"""a"""""', "'''a\nb'''", "'''\na'b'''", '[1, 2]', '[1, "a", true]', '[\n 1, # c\n 2,\n]', '[1,,2]', '[', '[]', '[[1], ["a"]]', '{a = 1}', '{a = 1, b.c = 2}', '{a = 1,}', '{\na = 1}', '{}', '{a = 1, a = 2}', '1979-05-27', '1979-05-27T07:32:00Z', '1979-05-27 07:32:00', '07:32:00', '1979-05-27T07:32:00.999999-07:00', '1979-13-27', '1979-02-30', '07:32', '25:00:00', 'a', '', '"a', "'a", '"é😀"', '"\t"', '"\x01"', '0xG', '1e', '- 1', '++1', '1_', '0_1', '1._5', '0x_1', '1e1_0', '1 # c', '1 2', '[ {a = 1}, {b = 2} ]', '"a" # c', '0xFFFFFFFFFFFFFFFF', '1.5.6', '\ufeff1', '1979-05-27t07:32:00z', '1979-05-27T07:32Z',
] // biome-ignore format: a table
const TOML_KEYS = [
  'a',
  'b',
  'c',
  'a.b',
  'a.b.c',
  '"q k"',
  "'s'",
  'a."x.y"',
  '1',
  '1.2',
  'a-b',
  'a_b',
  'é',
  'a b',
  '',
  '""',
  'a.',
  '.a',
  'b.a',
  'c.d',
  '"\\u0041"',
  '"a\nb"',
  'a . b',
  'true',
  'inf',
  '"a" . b',
]
const TOML_TABLES = [
  '[a]',
  '[b]',
  '[a.b]',
  '[[a]]',
  '[[b.c]]',
  '[a.b.c]',
  '["q"]',
  '[ a . b ]',
  '[[ d ]]',
  '[]',
  '[a',
  '[a]]',
  '[[a]',
  '[d.e]',
  '[[d]]',
  '[d]',
  '[a]b',
  '[a] # c',
  '[é]',
  '[c]',
  '[[c]]',
  '[1]',
]
const TOML_PIECES = [
  '=',
  '\n',
  '[',
  ']',
  '[[',
  ']]',
  '.',
  '"',
  "'",
  '"""',
  "'''",
  ',',
  '{',
  '}',
  '#',
  ' ',
  '\t',
  '\r\n',
  '\r',
  '\\',
  '_',
  '0',
  '\0',
  'é',
  '\x7f',
  'e',
  '+',
  '-',
  ':',
  '\ufeff',
]

const tomlText = (random) =>
  several(random, 1, 6, () => {
    if (random.chance(0.25)) return random.pick(TOML_TABLES)
    if (random.chance(0.05)) return random.pick(['# c', '', '\t', '#\x01'])
    return `${random.pick(random.chance(0.6) ? ['a', 'b', 'c', 'd', 'e', 'f'] : TOML_KEYS)}${random.pick([' = ', '=', ' =', '\t=\t'])}${random.pick(TOML_VALUES)}`
  }).join('\n') + random.pick(['', '\n'])

export const toml = reader('toml', tomlText, TOML_PIECES, isMeantOfToml)
