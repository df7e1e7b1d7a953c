import { describe, expect, test } from 'vitest'
import type { TreeFormat } from '../../../src/compiler/decode/tree.ts'
import { readDynamicFile } from '../../../src/compiler/dynamic/read.ts'
import { templatePorts } from '../../support/templates.ts'

const ports = templatePorts({ HOST: 'shop.test', NAMES: 'a,b', MULTI: 'x\n  y: 1' })
const read = (text: string, format: TreeFormat = 'yaml') => readDynamicFile(text, format, 'f.yml', ports)
const routersOf = (text: string, format?: TreeFormat) => {
  const { value, problems } = read(text, format)
  expect(problems).toEqual([])
  return Object.fromEntries(Object.entries(value?.http?.routers ?? {}).map(([name, { rule }]) => [name, rule]))
}

const ROUTER = 'http:\n  routers: {r: {rule: "Path(`/a`)", service: s}}\n'

describe('a file is rendered before it is read', () => {
  test.each([
    ['a comment of templates', `{{/* generated */}}\n${ROUTER}`],
    ['one of several lines', `{{/* generated\n by * hand */}}\n${ROUTER}`],
    ['one with marks for trimming', `\n  {{- /* b */ -}}  \n\n\n${ROUTER}`],
    ['one in the middle of a name', ROUTER.replace('routers', 'rou{{/* x */}}ters')],
    ['a variable in a comment', `# set with {{ env "X" }}\n${ROUTER}`],
    ['a literal text in a comment', `# {{ "{{" }} and {{ \`}}\` }}\n${ROUTER}`],
    ['a mark of the order of octets', `\ufeff{{ "" }}${ROUTER}`],
  ])('%s', (_name, text) => {
    expect(routersOf(text)).toEqual({ r: 'Path(`/a`)' })
  })

  test('variables, loops and conditions make routers, in every format', () => {
    const yaml = `http:
  routers:
{{- range $name := env "NAMES" | splitList "," }}
    {{ $name }}:
      rule: Host(\`{{ $name }}.{{ env "HOST" }}\`)
      service: s
{{- if eq $name "b" }}
      priority: 5
{{- end }}
{{- end }}
`
    expect(routersOf(yaml)).toEqual({ a: 'Host(`a.shop.test`)', b: 'Host(`b.shop.test`)' })
    const toml = `{{ range split "a b" " " }}[http.routers.{{ . }}]
rule = "Host(\`{{ . }}.{{ env "HOST" }}\`)"
service = "s"
{{ end }}`
    expect(routersOf(toml, 'toml')).toEqual({ a: 'Host(`a.shop.test`)', b: 'Host(`b.shop.test`)' })
    const json =
      '{"http": {"routers": {"{{ env "HOST" }}": {"rule": {{ printf "Host(`%s`)" (env "HOST") | toJson }}, "service": "s"}}}}'
    expect(routersOf(json, 'json')).toEqual({ 'shop.test': 'Host(`shop.test`)' })
  })

  test('what is no template is left as it is', () => {
    expect(routersOf('http: {routers: {r: {rule: "PathRegexp(`^/a{1,2}}$`)", service: s}}}')).toEqual({
      r: 'PathRegexp(`^/a{1,2}}$`)',
    })
  })
})

describe('places are those of the template', () => {
  test.each<[string, string, TreeFormat, string, number, number]>([
    [
      'behind comments',
      '{{/* a\nb */}}\nhttp:\n  {{/* c */}}routers: {{/* d */}} {r: {rul: x}}\n',
      'yaml',
      'field not found, node: rul',
      4,
      40,
    ],
    [
      'behind a variable on the line',
      'http: {routers: {"{{ env "HOST" }}": {rul: x}}}',
      'yaml',
      'field not found, node: rul',
      1,
      39,
    ],
    [
      'within a loop',
      '{{ range list 1 2 }}\n# {{ . }}\n{{ end }}\nhttp:\n  routers:\n    r: {rul: x}\n',
      'yaml',
      'field not found, node: rul',
      6,
      9,
    ],
    ['in what an action gave', 'http:\n  {{ "routers: {r: {rul: x}}" }}\n', 'yaml', 'field not found, node: rul', 2, 6],
    ['of a syntax error', '{{/* a */}}\nhttp: {{ "{]" }}\n', 'yaml', '', 2, 10],
    ['in TOML', '{{/* a\nb */}}\n[http.routers.{{ "r" }}]\nrul = "x"\n', 'toml', 'field not found, node: rul', 4, 1],
    [
      'of a template that is defined in it',
      '{{ define "r" }}\n    r:\n      rul: x\n{{ end }}http:\n  routers:{{ template "r" }}\n',
      'yaml',
      'field not found, node: rul',
      3,
      7,
    ],
  ])('%s', (_name, text, format, message, line, column) => {
    const { value, problems } = read(text, format)
    expect(value).toBeNull()
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ severity: 'error', position: { file: 'f.yml', line, column } })
    expect(problems[0]!.message).toContain(message)
  })
})

describe('a broken template is refused as a whole, with its place', () => {
  const at = (place: string, expression: string, reason: string) =>
    `template: f.yml:${place}: executing "f.yml" at <${expression}>: ${reason}`
  test.each<[string, string, number, number, string | null]>([
    ['a: {{ envv "X" }}', 'template: f.yml:1: function "envv" not defined', 1, 7, 'did you mean "env"?'],
    [
      'a:\n  b: {{ toYaml . }}',
      'template: f.yml:2: function "toYaml" not defined',
      2,
      9,
      '"toYaml" is known to other engines of templates only',
    ],
    ['a:\n\n{{ if true }}\nb', 'template: f.yml:4: unexpected EOF', 4, 2, null],
    ['a: {{ end }}', 'template: f.yml:1: unexpected {{end}}', 1, 11, null],
    ['x\na: {{ env "X }}', 'template: f.yml:2: unterminated quoted string', 2, 11, null],
    [
      'a: {{ env "X"\nb: 1',
      'template: f.yml:2: function "b" not defined',
      2,
      1,
      'a literal "{{" is written {{ "{{" }}',
    ],
    ['a: {{ $x }}', 'template: f.yml:1: undefined variable "$x"', 1, 7, null],
    [
      'a: {{ .Name }}',
      at('1:6', '.Name', "can't evaluate field Name in type bool"),
      1,
      7,
      'templates have no data here; a literal "{{" is written {{ "{{" }}',
    ],
    ['é: {{ fail "no" }}', at('1:7', 'fail "no"', 'error calling fail: no'), 1, 7, null],
    [
      'a\nb: {{ add 1 2 | upper }}',
      at('2:16', 'upper', 'wrong type for value; expected string; got int64'),
      2,
      17,
      null,
    ],
    ['a: {{ upper 5 }}', at('1:12', '5', 'expected string; found 5'), 1, 13, null],
    [
      'a: {{ index (list 1) 3 }}',
      at('1:6', 'index (list 1) 3', 'error calling index: index out of range: 3'),
      1,
      7,
      null,
    ],
    [
      'a: {{ if eq 1 "1" }}{{ end }}',
      at('1:9', 'eq 1 "1"', 'error calling eq: incompatible types for comparison: int and string'),
      1,
      10,
      null,
    ],
    ['a: {{ template "x" }}', at('1:15', '{{template "x"}}', 'template "x" not defined'), 1, 16, null],
    ['a: {{ range 5.5 }}{{ end }}', at('1:12', '5.5', "range can't iterate over 5.5"), 1, 13, null],
    ['a: {{ env }}', at('1:6', 'env', 'wrong number of args for env: want 1 got 0'), 1, 7, null],
    ['a: {{ div 1 0 }}', at('1:6', 'div 1 0', 'error calling div: runtime error: integer divide by zero'), 1, 7, null],
    [
      'a: {{ regexFind "[" "a" }}',
      at(
        '1:6',
        'regexFind "[" "a"',
        'error calling regexFind: regexp: Compile(`[`): error parsing regexp: missing closing ]: `[`',
      ),
      1,
      7,
      null,
    ],
    ['a: {{ break }}', 'template: f.yml:1: {{break}} outside {{range}}', 1, 13, null],
    [
      'a: "{{ trunc 1 "é" }}"',
      'the template gives text that is no valid UTF-8',
      1,
      8,
      'trunc, substr and index count octets',
    ],
  ])('%s', (text, message, line, column, hint) => {
    const { value, problems } = read(text)
    expect(value).toBeNull()
    expect(problems).toEqual([
      { severity: 'error', message, hint, provider: null, path: [], position: { file: 'f.yml', line, column } },
    ])
  })
})
