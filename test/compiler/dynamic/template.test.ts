import { describe, expect, test } from 'vitest'
import { readDynamicFile } from '../../../src/compiler/dynamic/read.ts'

const ROUTERS = 'http:\n  routers: {r: {rule: "Path(`/a`)", service: s}}\n'
const routersOf = (text: string, format: 'yaml' | 'toml' | 'json' = 'yaml') => {
  const { value, problems } = readDynamicFile(text, format, 'f')
  return [Object.keys(value?.http?.routers ?? {}), problems.map(({ message }) => message)]
}

describe('what does not need the template engine is read, as Traefik reads it', () => {
  test.each([
    ['a comment of templates', `{{/* generated */}}\n${ROUTERS}`],
    ['one of several lines', `{{/* generated\n by * hand */}}\n${ROUTERS}`],
    ['one with marks for trimming', `\n  {{- /* b */ -}}  \n\n\n${ROUTERS}`],
    ['one in the middle of a name', ROUTERS.replace('routers', 'rou{{/* x */}}ters')],
    ['a variable in a comment', `# set with {{ env "X" }}\n${ROUTERS}`],
    ['one behind a value', `${ROUTERS.trimEnd()} # {{ env "X" | default "y" | quote }}\n`],
    ['a literal text in a comment', `# {{ "{{" }} and {{ \`}}\` }}\n${ROUTERS}`],
  ])('%s', (_name, text) => {
    expect(routersOf(text)).toEqual([['r'], []])
  })

  test('in TOML and JSON too', () => {
    const toml = '# {{ env "X" }}\n{{/* x */}}[http.routers.r]\nrule = "Path(`/a`)" # {{ env "Y" }}\nservice = "s"\n'
    expect(routersOf(toml, 'toml')).toEqual([['r'], []])
    expect(routersOf('{{/* x */}}{"http": {"routers": {"r": {"service": "s"}}}}', 'json')).toEqual([['r'], []])
  })
})

describe('what changes the text is refused, where it stands', () => {
  test.each<[string, string, number, number]>([
    ['in a value', `${ROUTERS}# {{ env "X" }}\ntls: {options: {a: {minVersion: '{{ env "V" }}'}}}\n`, 4, 34],
    [
      'in a block of text that looks like a comment',
      'http:\n  routers:\n    r:\n      rule: |\n        # {{ env "X" }}\n',
      5,
      11,
    ],
    ['a loop in a comment', `# {{ range $i := list 1 2 }}\n${ROUTERS}# {{ end }}\n`, 1, 3],
    ['a text of several lines in a comment', `# {{ "a\\nb" }}\n${ROUTERS}`, 1, 3],
    ['marks for trimming around a variable', `# {{- env "X" -}}\n${ROUTERS}`, 1, 3],
    ['a field of the data', `# {{ .Foo }}\n${ROUTERS}`, 1, 3],
    ['a comment with a blank before it', `{{ /* x */ }}\n${ROUTERS}`, 1, 1],
    ['behind a comment of two lines', `{{/* a\nb */}}\n${ROUTERS}x: {{ env "X" }}\n`, 5, 4],
  ])('%s', (_name, text, line, column) => {
    const { value, problems } = readDynamicFile(text, 'yaml', 'f')
    expect(value).toBeNull()
    expect(problems).toMatchObject([{ message: 'Go templates are not available yet', position: { line, column } }])
  })
})

test('positions are those of the file, before comments went', () => {
  const text = '{{/* a\nb */}}\nhttp:\n  {{/* c */}}routers: {{/* d */}} {r: {rul: x}}\n'
  const { problems } = readDynamicFile(text, 'yaml', 'f')
  expect(problems).toMatchObject([{ message: 'field not found, node: rul', position: { line: 4, column: 40 } }])
  const syntax = readDynamicFile('{{/* a\nb */}}\nhttp: {{/* c */}} [\n', 'yaml', 'f')
  expect(syntax.problems[0]?.position?.line).toBeGreaterThan(2)
})
