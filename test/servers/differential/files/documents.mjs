// Random routing files: any options, in YAML and TOML as people and programs write them, some of them slightly wrong.
import { stringify as toml } from 'smol-toml'
import { stringify as yaml } from 'yaml'
import { mistaken, mistyped } from '../mistakes.mjs'
import { fileValue, randomDocument } from '../tree.mjs'

/** Stands for a scalar that is written in an odd way. */
const ODD = 'odd-scalar'

const YAML_SCALARS = [
  '0x10', '0o17', '017', '08', '1e3', '1E-3', '1_000', '1.0', '.5', '5.', '-0', '+1', '0b11', '.inf', '.nan', '12345678901234567890',
  'yes', 'on', 'Off', 'y', '~', 'null', 'NULL', 'True', 'tRue', '!!str 5', '!!int "7"', '!!bool "true"', '!!binary aGVsbG8=', '!!float 1',
  '!custom x', '! 5', '2001-01-01', '2001-01-01T00:00:00Z', '2001-01-01 10:00:00', '10:30', '190:20:30', "'it''s'", '"a\\tb\\u00e9\\x41"',
  '"a\\\n      b"', '"{{"', '&a v', '*none', '@x', '`x`', '%x', '- a', '-a', 'a: b', 'a #b', 'a#b', '"a" b', '{a: b}', '[a, [b]]', '[]', '{}', '[a, b,]',
  '|\n      a\n      b', '>-\n      a\n      b', '|+\n      a\n', '? a', '"a', "'a", '<<', '=', '!!set {a, b}', '!!omap [a: b]', 'a\n      b', '', '# c', '"\\q"',
  '1s', '10', '1m30s', 'true', '"true"', '"5"', '5', '0.0000004', '1.23456789', '1e21', '1e400', '-1e3', '0x', '1__0', '_1', '0x1_F', '0.1e1', '1.5e3',
] // biome-ignore format: a list

const TOML_SCALARS = [
  '0x10', '0o17', '0b11', '017', '1e3', '1E-3', '1_000', '1__0', '1.0', '.5', '5.', '+1', '-0', 'inf', '-nan', '9223372036854775807', '9223372036854775808',
  'true', 'True', 'yes', '1979-05-27', '1979-05-27T07:32:00Z', '1979-05-27 07:32:00', '07:32:00', '"a\\tb\\u00e9"', '"\\U0001F600"', '"\\q"', "'a\\b'",
  '"""\na\nb"""', "'''\na\\b'''", '"""a \\\n   b"""', '[1, 2]', '[1, "a"]', '["a", "b",]', '[["a"], ["b"]]', '[]', '{}', '{ a = "b" }', '{ a = "b", }', '{ a.b = 1 }',
  '"a', 'a', '', '"a" b', '1.23456789', '0.0000004', '1e21', '5', '"5"', '"10s"', '"\\x41"', '"\\e"', '[{}]', '[{ main = "a" }]', '[ # c\n"a"\n, "b"]', '0.1e1', '1e400',
] // biome-ignore format: a list

/** Options whose text may be a template; most of them are no valid ones where they stand. */
const TEMPLATES = [
  '{{ "Host" }}', '{{ "a" | upper }}', '{{ 5 }}', '{{ add 1 2 }}', '{{ env "HOME" }}', '{{ `x` | quote }}', '{{ list "a" "b" | join "," }}', '{{ . }}', '{{ if . }}a{{ else }}b{{ end }}',
  '{{ range $i, $e := until 3 }}{{ $i }}{{ end }}', '{{ dict "a" 1 | toJson }}', '{{ "a" | repeat 3 }}', '{{- "x" -}}', '{{ nonsense }}', '{{ "a" ', '{{ .A }}', '{{ normalize "a.b" }}',
  '{{ split "a,b" "," }}', '{{ trimSuffix "b" "ab" }}', '{{/* c */}}', '{{ $x := 3 }}{{ $x }}', '{{ printf "%05d" 7 }}', '{{ index (list 1 2) 5 }}', '{{ fail "no" }}', '{{ true }}', '{{ nil }}', '{{ "a: b" }}',
  '{{ default "d" "" }}', '{{ ternary "a" "b" true }}', '{{ b64enc "x" }}', '{{ sha256sum "x" }}', '{{ regexReplaceAll "a" "banana" "o" }}', '{{ 1.5 }}', '{{ seq 1 3 }}', '{{ "x" | indent 2 }}', '{{ now | typeOf }}',
] // biome-ignore format: a list

/**
 * The text of a file.
 * @param {import('../random.mjs').Random} random
 * @param {'yaml' | 'toml'} format
 * @param {string} marker a router that tells that the file is in force
 */
export function fileText(random, format, turn, used, marker) {
  const document = randomDocument(random, turn, used, (source, option) => valueIn(source, option, format))
  if (random.chance(0.35)) mistaken(random, document)
  if (typeof document.http !== 'object' || document.http === null || Array.isArray(document.http)) delete document.http
  document.http ??= {}
  const { http } = document
  if (typeof http.routers !== 'object' || http.routers === null || Array.isArray(http.routers)) http.routers = {}
  http.routers[marker] = { rule: 'Path(`/marker`)', service: 'noop@internal' }
  const scalars = format === 'toml' ? TOML_SCALARS : YAML_SCALARS
  let text = format === 'toml' ? asToml(document) : asYaml(random, document)
  text = text.replaceAll(new RegExp(`["']?${ODD}["']?`, 'g'), () => random.pick(scalars))
  if (random.chance(0.1)) text = text.replace(/(?<=[:=] )["'\w`(][^\n{}[\]]*$/m, () => random.pick(TEMPLATES))
  if (random.chance(0.15)) text = mistyped(random, text)
  // Texts in quotes may go on anywhere.
  if (format === 'yaml' && random.chance(0.05))
    text = text.replace(/(?<=: ["'][\w.:/]+) (?=\w)/, random.pick(['\n', '\n  ', '\n\t', '\n\n']))
  if (format === 'yaml' && random.chance(0.08)) text = anchored(random, text)
  return text
}

/** As `fileValue`, in the types of the format, and now and then a scalar that is written in an odd way. */
function valueIn(random, option, format) {
  if (random.chance(0.12)) return ODD
  const value = fileValue(random, option)
  if (typeof value !== 'string' || random.chance(0.3)) return value
  if (option.type === 'boolean' && /^(true|false)$/.test(value)) return value === 'true'
  if (/^\d{1,9}$/.test(value) && ['integer', 'number', 'duration'].includes(option.type)) return Number(value)
  return format === 'toml' && value === '' ? 'x' : value
}

function asYaml(random, document) {
  if (random.chance(0.2)) return byHand(random, document)
  if (random.chance(0.1)) return JSON.stringify(document, null, random.pick([undefined, 2, '\t']))
  return yaml(document, {
    indent: random.pick([2, 2, 4, 1]),
    indentSeq: random.chance(0.7),
    lineWidth: random.pick([80, 0, 20]),
    defaultStringType: random.pick(['PLAIN', 'PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE']),
    collectionStyle: random.pick(['any', 'any', 'any', 'flow']),
  })
}

/** Blocks above, and below them braces and brackets that close where their key begins, or anywhere. */
function byHand(random, document) {
  const blocks = 1 + random.below(4)
  const lines = []
  const write = (value, depth) => {
    const blanks = '  '.repeat(depth)
    for (const [key, inner] of Object.entries(value)) {
      const isBlock =
        typeof inner === 'object' && inner !== null && !Array.isArray(inner) && Object.keys(inner).length > 0
      if (isBlock && depth < blocks) {
        lines.push(`${blanks}${key}:`)
        write(inner, depth + 1)
        continue
      }
      const [first, ...others] = JSON.stringify(inner, null, random.pick([2, 2, 4, 1])).split('\n')
      const shift = random.pick([blanks, blanks, `${blanks}  `, '\t', ''])
      lines.push(`${blanks}${key}: ${first}`, ...others.map((line) => shift + line))
    }
  }
  write(document, 0)
  return `${lines.join('\n')}\n`
}

/** TOML has no null, and no list that holds one. */
const asToml = (document) =>
  toml(
    JSON.parse(
      JSON.stringify(document, (_, value) => value ?? undefined),
      withoutGaps,
    ),
  )

const withoutGaps = (_, value) => (Array.isArray(value) ? value.filter((item) => item !== null) : value)

/** With an anchor, an alias or a merge somewhere. */
function anchored(random, text) {
  const lines = text.split('\n')
  const at = lines.findIndex((line, position) => position > random.below(lines.length) && /^\s+[\w-]+:/.test(line))
  if (at === -1) return text
  const indent = /^\s*/.exec(lines[at])[0]
  lines[at] = lines[at].replace(/:( |$)/, ': &x ')
  const addition = random.pick([
    `${indent}y: *x`,
    `${indent}<<: *x`,
    `${indent}<<: [*x, *x]`,
    `${indent}y: *z`,
    `${indent}*x : y`,
  ])
  lines.splice(random.chance(0.5) ? at + 1 : lines.length - 1, 0, addition)
  return lines.join('\n')
}
