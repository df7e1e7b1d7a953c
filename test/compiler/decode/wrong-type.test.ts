import { stringify } from 'smol-toml'
import { describe, expect, test } from 'vitest'
import { type Shape, shapeOf } from '../../../src/compiler/decode/shape.ts'
import type { TreeFormat } from '../../../src/compiler/decode/tree.ts'
import { dynamicSchema } from '../../../src/compiler/dynamic/dynamic.ts'
import { readDynamicText } from '../../../src/compiler/dynamic/read.ts'
import { traefikInstallSchema } from '../../../src/compiler/install/install.ts'
import { parseInstallFile } from '../../../src/compiler/install/load.ts'

type Steps = readonly (string | number)[]

interface Place {
  readonly steps: Steps
  readonly kind: Shape['kind']
  /** `true` or nothing switches it on, and by whatever else it is off. */
  readonly isSwitch: boolean
}

/** Every place of a schema where a block, a map or a list belongs. */
function placesIn(shape: Shape, steps: Steps = [], isSwitch = false): Place[] {
  const here = steps.length === 0 ? [] : [{ steps, kind: shape.kind, isSwitch }]
  switch (shape.kind) {
    case 'block':
      return [
        ...here,
        ...[...shape.fields.values()]
          .filter(({ meta }) => meta.ignoredIn?.includes('file') !== true)
          .flatMap(({ name, shape: inner, meta }) => placesIn(inner, [...steps, name], meta.mayBeEmpty === true)),
      ]
    case 'map':
      return [...here, ...placesIn(shape.item, [...steps, 'name'])]
    case 'list':
      return [...here, ...(shape.item.kind === 'block' ? placesIn(shape.item, [...steps, 0]) : [])]
    default:
      return []
  }
}

const treeOf = (steps: Steps, value: unknown): unknown =>
  steps.reduceRight<unknown>((inner, step) => (typeof step === 'number' ? [inner] : { [step]: inner }), value)

const write = (tree: unknown, format: TreeFormat): string =>
  format === 'toml' ? stringify(tree as object) : JSON.stringify(tree)

const schemas = {
  routing: { places: placesIn(shapeOf(dynamicSchema)), read: readDynamicText },
  install: {
    places: placesIn(shapeOf(traefikInstallSchema)),
    read: (text: string, format: TreeFormat) => {
      const { written, problems } = parseInstallFile(text, format, 'f')
      return { value: written, problems }
    },
  },
}

describe.each(['routing', 'install'] as const)('%s files', (name) => {
  const { places, read } = schemas[name]
  const refusals = (place: Place, value: unknown, format: TreeFormat) => {
    const { value: taken, problems } = read(write(treeOf(place.steps, value), format), format, 'f')
    const errors = problems.filter(({ severity }) => severity === 'error')
    return { where: place.steps.join('.'), taken, errors, problems }
  }

  describe.each(['yaml', 'toml', 'json'] as const)('as %s', (format) => {
    test.each([
      ['a text', 'some text'],
      ['a number', 7],
      ['a boolean', false],
    ])('%s where a block belongs is refused, with its place', (_what, value) => {
      const wrong = places.filter(({ kind, isSwitch }) => (kind === 'block' || kind === 'map') && !isSwitch)
      expect(wrong.length).toBeGreaterThan(50)
      for (const place of wrong) {
        const { where, taken, errors } = refusals(place, value, format)
        expect([where, taken]).toEqual([where, null])
        for (const { position } of errors)
          expect([where, position]).toEqual([where, expect.objectContaining({ file: 'f' })])
      }
    })

    test('a text behind a switch turns it off, and that is said', () => {
      for (const place of places.filter(({ kind, isSwitch }) => kind === 'block' && isSwitch)) {
        const { where, problems } = refusals(place, 'on', format)
        expect([where, problems]).toEqual([
          where,
          expect.arrayContaining([expect.objectContaining({ message: expect.stringMatching(/, not a text$/) })]),
        ])
        expect([where, refusals(place, 'true', format).errors]).toEqual([where, []])
        expect([where, refusals(place, false, format).problems]).toEqual([where, []])
      }
    })

    test('a list where a block belongs is refused', () => {
      for (const place of places.filter(({ kind }) => kind === 'block' || kind === 'map')) {
        const { where, taken } = refusals(place, ['x'], format)
        expect([where, taken]).toEqual([where, null])
      }
    })

    test('a block where a list of texts belongs is refused: what it was to hold would be left out', () => {
      const lists = places.filter(({ kind, steps }) => kind === 'list' && steps.at(-1) !== 0)
      for (const place of lists) {
        const { where, taken } = refusals(place, { a: 'x' }, format)
        expect([where, taken]).toEqual([where, null])
      }
    })

    test('a plain value in a list of blocks is refused', () => {
      for (const place of places.filter(({ steps }) => steps.at(-1) === 0)) {
        const { where, taken, errors } = refusals(place, 'x', format)
        expect([where, taken]).toEqual([where, null])
        expect([where, errors[0]?.position]).toEqual([where, expect.objectContaining({ file: 'f' })])
      }
    })
  })
})

test.each([
  ['http: {routers: {ok: {service: s}, a: x}}', 'a is a block, not a text', 36],
  [
    'http: {services: {s: {loadBalancer: {servers: [x]}}}}',
    'servers is a list of blocks: plain values are ignored',
    48,
  ],
  ['http: {services: {s: {loadBalancer: {servers: {a: x}}}}}', 'a is a block, not a text', 48],
  ['http: []', 'http cannot be a standalone element (type *dynamic.HTTPConfiguration)', 1],
])('%s', (text, message, column) => {
  const { value, problems } = readDynamicText(text, 'yaml', 'f')
  expect(value).toBeNull()
  expect(problems).toMatchObject([{ severity: 'error', message, position: { line: 1, column } }])
})

/** What Traefik 3.7.15 refuses, and takes, of options that files ignore. */
test.each([
  ['{metadata: {ingress: {name: {a: b}}}}', 'invalid node name'],
  ['{metadata: {ingress: {name: 2001-01-01}}}', 'field name uses unsupported type: struct'],
  ['{metadata: {ingress: {name: [[]]}}}', 'field name uses unsupported slice type: slice'],
  ['{metadata: {ingres: {name: a}}}', 'field not found, node: ingres'],
  ['{metadata: {}}', null],
  ['{metadata: {ingress: {}}}', null],
  ['{metadata: {ingress: 0}}', null],
  ['{metadata: {ingress: [a]}}', null],
  ['{metadata: {ingress: {name: [a]}}}', null],
  ['{metadata: x}', null],
  ['{metadata: {ingress: {name: a}}}', null],
])('observability: %s', (block, message) => {
  const { problems } = readDynamicText(`http: {routers: {a: {observability: ${block}}}}`, 'yaml', null)
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (message === null) expect(errors).toEqual([])
  else expect(errors).toMatchObject([{ message: expect.stringContaining(message) }])
})

test.each([
  [
    '{metadata: {kubernetes: {}}}',
    ['kubernetes cannot be a standalone element (type *dynamic.KubernetesServiceMetadata)'],
  ],
  ['{metadata: {}}', []],
  ['{}', []],
  ['{metadata: {kubernetes: {name: a}}}', []],
])('observability of a service: %s', (block, messages) => {
  const service = `{loadBalancer: {servers: [{url: "http://a"}]}, observability: ${block}}`
  const { problems } = readDynamicText(`http: {services: {a: ${service}}}`, 'yaml', null)
  expect(problems.map(({ message }) => message)).toEqual(messages)
})

test('an empty list is an empty block, as in Traefik', () => {
  const { value, problems } = readDynamicText('http: {services: {a: []}, routers: {b: []}}', 'yaml', null)
  expect(problems).toEqual([])
  expect(Object.keys(value?.http?.services ?? {})).toEqual(['a'])
})
