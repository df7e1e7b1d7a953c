import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readDynamicFile } from '../../src/compiler/dynamic/read.ts'
import { BUILTINS } from '../../src/compiler/templates/functions/builtins.ts'
import { octetSlice, octetsOf, textOf } from '../../src/compiler/templates/go-text.ts'
import { FILE_FUNCTIONS } from '../../src/compiler/templates/template.ts'
import { rendered, templatePorts } from '../support/templates.ts'

/** Costs seconds and is no different from the others. */
const DEAR = new Set(['bcrypt', 'htpasswd', 'derivePassword', 'genPrivateKey'])
const functions = [...Object.keys(FILE_FUNCTIONS), ...Object.keys(BUILTINS)].filter((name) => !DEAR.has(name))

const literal = fc.constantFrom(
  ...['1', '0', '-1', '1.5', '1e21', '99999', '"a"', '""', '"a,b"', '"%d%s%v"', '"["', '"2006-01-02"', '"\\xff\\xc3"'],
  ...['true', 'nil', '.', '$', '$d', '$l', "'x'", '1i', '"é日"', '"{\\"a\\":[1]}"', '(list)', '(dict)', 'now'],
)
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    literal,
    fc
      .tuple(fc.constantFrom(...functions), fc.array(tie('expression'), { maxLength: 4 }))
      .map(([name, args]) => `(${[name, ...args].join(' ')})`),
    fc.tuple(tie('expression'), fc.constantFrom(...functions)).map(([first, name]) => `(${first} | ${name})`),
    tie('expression').map((inner) => `(list ${inner} "x")`),
    tie('expression').map((inner) => `(dict "k" ${inner})`),
  ),
}))

const action = fc.oneof(
  expression.map((text) => `{{ ${text} }}`),
  expression.map((text) => `{{ range $i, $e := ${text} }}{{ $e }}{{ else }}x{{ end }}`),
  expression.map((text) => `{{ if ${text} }}{{ with ${text} }}{{ . }}{{ end }}{{ end }}`),
  expression.map((text) => `{{ $l = append $l ${text} }}{{ $_ := set $d "x" ${text} }}`),
)

const ports = templatePorts({ A: 'b' }, { addressesOf: () => ['10.0.0.1'] })

test('whatever expressions are put together, a template gives text or a message, in bounded time', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 5 }), (actions) => {
      const text = `{{ $d := dict "a" 1 }}{{ $l := list 1 nil }}${actions.join('')}`
      const started = performance.now()
      expect(typeof rendered(text, ports)).toBe('string')
      expect(performance.now() - started).toBeLessThan(15_000)
    }),
    { numRuns: 1_000 },
  )
})

const fragment = fc.constantFrom(
  ...[
    '{{',
    '}}',
    '{{-',
    '-}}',
    ' ',
    '\n',
    '/*',
    '*/',
    '"',
    '`',
    "'",
    '\\',
    '(',
    ')',
    '|',
    '$x',
    ':=',
    '=',
    ',',
    '.',
    '.a',
  ],
  ...[
    'if',
    'else',
    'end',
    'range',
    'with',
    'define',
    'block',
    'template',
    'break',
    'nil',
    'true',
    '1',
    '0x',
    '1e',
    '1i',
  ],
  ...['printf', 'list', '"a"', 'é', '\ud800', '😀', 'text', '{{ end }}', '{{ if 1 }}', '{{ range list 1 }}', '\0'],
)

test('whatever a file holds, reading it gives a configuration or problems with places in it', () => {
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 30 }), fc.constantFrom('yaml', 'toml', 'json'), (parts, format) => {
      const text = parts.join('')
      const lines = text.split('\n')
      const { value, problems } = readDynamicFile(text, format as 'yaml', 'f', ports)
      if (value === null) expect(problems.length).toBeGreaterThan(0)
      for (const { position } of problems) {
        expect(position!.line).toBeLessThanOrEqual(lines.length)
        expect(position!.column).toBeGreaterThan(0)
      }
    }),
    { numRuns: 3_000 },
  )
})

test('octets survive, whether they are characters or not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), (octets, at) => {
      const text = textOf(octets)
      expect(octetsOf(text)).toEqual(octets)
      const cut = Math.min(at, octets.length)
      expect(octetsOf(octetSlice(text, 0, cut) + octetSlice(text, cut))).toEqual(octets)
      expect(text).toBe(Buffer.from(octets).toString('utf8') === text ? text : textOf(octets))
    }),
  )
})

test('what is encoded is decoded again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const value = `(b64dec "${Buffer.from(octetsOf(text)).toString('base64')}")`
      expect(rendered(`{{ ${value} | b64enc | b64dec }}`)).toBe(text)
      expect(rendered(`{{ ${value} | b32enc | b32dec }}`)).toBe(text)
      expect(rendered(`{{ ${value} | toJson | fromJson }}`)).toBe(text)
      expect(JSON.parse(rendered(`{{ ${value} | toRawJson }}`))).toBe(text)
      expect(rendered(`{{ ${value} | encryptAES "k" | decryptAES "k" }}`)).toBe(text)
    }),
    { numRuns: 200 },
  )
})
