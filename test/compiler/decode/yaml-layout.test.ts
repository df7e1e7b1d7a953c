import { expect, test } from 'vitest'
import { readTree } from '../../../src/compiler/decode/read.ts'
import { readDynamicText } from '../../../src/compiler/dynamic/read.ts'

const treeOf = (text: string) => {
  const { value, problems } = readTree(text, 'yaml', 'a.yml')
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return value
}

/** What Traefik 3.7.15 makes of it. */
test.each<[string, string, unknown]>([
  ['a brace that closes below its key', 'a:\n  b: {\n    x: 1\n  }\n  c: 2\n', { a: { b: { x: 1 }, c: 2 } }],
  ['a bracket that closes at the start of a line', 'a:\n  b: [\n    x\n]\n', { a: { b: ['x'] } }],
  [
    'several in one another',
    'a:\n  - b: [\n    {\n      c: [\n      d\n      ]\n    }\n  ]\n',
    { a: [{ b: [{ c: ['d'] }] }] },
  ],
  ['items that begin further left', 'a:\n  b:\n    c: [x,\n y,\nz]\n', { a: { b: { c: ['x', 'y', 'z'] } } }],
  ['tabs in braces', 'a: {\n\tb: 1,\n\tc: 2\n}\n', { a: { b: 1, c: 2 } }],
  ['a quoted text that goes on further left', 'a:\n  b: "x\ny"\n  c: 1\n', { a: { b: 'x y', c: 1 } }],
  ['one in single quotes', "a:\n  b:\n    c: 'x\n y\n\n z'\n", { a: { b: { c: 'x y\nz' } } }],
  ['one in a list of blocks', 'a:\n  - - b: "x\n\ty"\n', { a: [[{ b: 'x y' }]] }],
  ['an escaped end of line', 'a:\n  b:\n    c: "x\\\n y"\n', { a: { b: { c: 'xy' } } }],
  ['a comment further left', 'a:\n  b: [\n# none\n    x # one\n  ]\n', { a: { b: ['x'] } }],
  ['a tag of an application before a block', 'a: !x {b: 1}\nc: !y [d]\n', { a: { b: 1 }, c: ['d'] }],
  ['a tag that does not fit', 'a: !!str {b: 1}\nc: !!set {d, e}\n', { a: { b: 1 }, c: { d: null, e: null } }],
  ['octets', 'a: !!binary aGVsbG8=\n', { a: 'hello' }],
  ['a tag with a prefix of its own', '%TAG ! tag:x,2000:\n---\na: !b c\n', { a: 'c' }],
  ['a day that there is not', 'a: 2001-13-45\nb: 2001-02-30\n', { a: '2001-13-45', b: '2001-02-30' }],
  [
    'a time that is none',
    'a: 2001-01-01 10:00:00 +1\nb: 2001-01-01T25:00:00Z\n',
    { a: '2001-01-01 10:00:00 +1', b: '2001-01-01T25:00:00Z' },
  ],
])('%s', (_name, text, value) => {
  expect(treeOf(text)).toEqual(value)
})

test('what only looks like a bracket that closes stays as it is', () => {
  const text = 'a: [\n  x\n]\nb: |\n  {\n    y\n  }\n\n  ]\nc: >\n  z\n  }\nd: {\n  e: 1\n}\n'
  expect(treeOf(text)).toEqual({ a: ['x'], b: '{\n  y\n}\n\n]\n', c: 'z }\n', d: { e: 1 } })
  const [problem] = readTree('a: [\n  x\n]\nb: |\n  y\n}\n', 'yaml', 'a.yml').problems
  expect(problem).toMatchObject({ severity: 'error', position: { line: 6 } })
})

test('a long text with many such lines is read', () => {
  const block = (at: number) => `  - b${at}: [\n      x\n    ]\n    c: {\n    }\n`
  const value = treeOf(`a:\n${Array.from({ length: 20_000 }, (_, at) => block(at)).join('')}`) as { a: unknown[] }
  expect(value.a).toHaveLength(20_000)
  expect(value.a.at(-1)).toEqual({ b19999: ['x'], c: {} })
})

test.each([
  ['a: 1\n---\nb: [\n', 1],
  ['a: 1\n...\nb: 2\n', 1],
  ['a: 1\n...\n', 0],
  ['# c\n---\na: 1\n', 0],
  ['%YAML 1.1\n---\na: 1\n---\n---\nb: 1\n', 2],
  ['a: 1\n--- b\n...\n--- c\n', 2],
])('what follows the first document is told, and not looked at: %j', (text, ignored) => {
  const { value, problems } = readTree(text, 'yaml', 'a.yml')
  expect(value).toEqual({ a: 1 })
  const message = `only the first of ${ignored + 1} documents is read`
  expect(problems.map((problem) => problem.message)).toEqual(ignored === 0 ? [] : [message])
})

test('a document without content is none', () => {
  for (const text of ['', '# c\n', '---\n', '---\n---\na: 1\n']) expect(treeOf(text)).toBeNull()
})

test('places are those of the file, on lines that close further left too', () => {
  const text = 'http:\n  routers:\n    a: {\n    rule: x,\n  serice: y\n  }\n'
  expect(readDynamicText(text, 'yaml', 'a.yml').problems).toMatchObject([
    { message: 'field not found, node: serice', position: { line: 5, column: 3 } },
  ])
  const broken = 'a:\n  b: [\n    x\n  ]\n  c: [\n  y: ]\n d\n'
  const [problem] = readTree(broken, 'yaml', 'a.yml').problems
  expect(problem).toMatchObject({ severity: 'error', position: { line: 7 } })
})

test('a text with more such lines than anybody writes is refused, soon', () => {
  const text = `a:\n  b: [\n${'x,\n'.repeat(100_000)}  ]\n`
  const began = performance.now()
  const { problems } = readTree(text, 'yaml', 'a.yml')
  expect(problems).toMatchObject([{ severity: 'error', message: expect.stringContaining('deficient indentation') }])
  expect(performance.now() - began).toBeLessThan(10_000)
})

test('a short one is read on the data path, and so given up earlier', () => {
  const quoted = (count: number) => `a:\n${'  b: "x\n y"\n'.repeat(count)}`.replace(/b/g, () => `b${at++}`)
  let at = 0
  expect(readTree(quoted(100), 'yaml', 'a.yml').problems).toEqual([])
  expect(readTree(quoted(1_000), 'yaml', 'a.yml').problems).toMatchObject([{ severity: 'error' }])
})

test('what is not closed is told where it goes on', () => {
  const text = 'a:\n  b:\n    c: "x\nd:\n  e: 1\n'
  expect(readTree(text, 'yaml', 'a.yml').problems).toMatchObject([
    {
      message: 'yaml: line 4: unexpected end of the stream within a double quoted scalar that is still open here',
      position: { line: 4, column: 1 },
    },
  ])
})

test('content that looks as if it closed something is tried once', () => {
  const text =
    'A: # c\n  e: True\n  x.y:\n    e:\tNULL\n    d:\t0xFF\n  f: \'word\n      next\'\n"q": >\n\n    # c\nf:\t{{ x }}\n'
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now()
    expect(readTree(text, 'yaml', 'a.yml').problems).toMatchObject([{ severity: 'error' }])
    return performance.now() - began
  })
  expect(Math.min(...times)).toBeLessThan(50)
})
