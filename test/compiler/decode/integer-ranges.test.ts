import { describe, expect, test } from 'vitest'
import { decode } from '../../../src/compiler/decode/decode.ts'
import { type Shape, shapeOf } from '../../../src/compiler/decode/shape.ts'
import { dynamicSchema } from '../../../src/compiler/dynamic/dynamic.ts'
import { readDynamicText } from '../../../src/compiler/dynamic/read.ts'
import { traefikInstallSchema } from '../../../src/compiler/install/install.ts'
import { loadInstall, parseInstallFile } from '../../../src/compiler/install/load.ts'

type Steps = readonly (string | number)[]

/** Options that are `int32` in Traefik's structs (`pkg/config/static/entrypoints.go`); all others are `int` or `int64`. */
const INT32 = ['maxConcurrentStreams', 'maxDecoderHeaderTableSize', 'maxEncoderHeaderTableSize']

function integersIn(shape: Shape, steps: Steps = []): Steps[] {
  switch (shape.kind) {
    case 'integer':
      return [steps]
    case 'block':
      return [...shape.fields.values()]
        .filter(({ meta }) => !(['file', 'kv'] as const).some((dialect) => meta.ignoredIn?.includes(dialect)))
        .flatMap(({ name, shape: inner }) => integersIn(inner, [...steps, name]))
    case 'map':
      return integersIn(shape.item, [...steps, 'name'])
    case 'list':
      return integersIn(shape.item, [...steps, 0])
    default:
      return []
  }
}

const treeOf = (steps: Steps, value: unknown): object =>
  steps.reduceRight<unknown>((inner, step) => (typeof step === 'number' ? [inner] : { [step]: inner }), value) as object

const dotted = (steps: Steps): string => steps.map((step) => (typeof step === 'number' ? `[${step}]` : step)).join('.')

const edgesOf = (steps: Steps) => {
  const limit = INT32.includes(String(steps.at(-1))) ? 2n ** 31n : 2n ** 63n
  return { inside: [limit - 1n, -limit], outside: [limit, -limit - 1n, 10n ** 60n] }
}

const outOfRange = (problems: readonly { readonly message: string }[]) =>
  problems.filter(({ message }) => message.endsWith('value out of range')).length

const places = {
  routing: integersIn(shapeOf(dynamicSchema)),
  install: integersIn(shapeOf(traefikInstallSchema)),
}

test('there are such options', () => {
  expect(places.routing.length).toBeGreaterThan(50)
  expect(places.install.length).toBeGreaterThan(25)
})

describe.each(['routing', 'install'] as const)(
  'each whole number of the %s configuration has the range of its type',
  (part) => {
    test.each(places[part].map((steps) => [dotted(steps), steps] as const))('%s', (_name, steps) => {
      const read = (value: string) => {
        const text = JSON.stringify(treeOf(steps, 'VALUE'))
        const problems = [text.replace('"VALUE"', value), text.replace('VALUE', value)].map((written) =>
          part === 'routing'
            ? readDynamicText(written, 'yaml', null).problems
            : parseInstallFile(written, 'yaml', 'f').problems,
        )
        const labels = decode(part === 'routing' ? dynamicSchema : traefikInstallSchema, treeOf(steps, value), 'kv')
        return [...problems, labels.problems].map(outOfRange)
      }
      const { inside, outside } = edgesOf(steps)
      for (const value of inside) expect([value, read(String(value))]).toEqual([value, [0, 0, 0]])
      for (const value of outside) expect([value, read(String(value))]).toEqual([value, [1, 1, 1]])
    })
  },
)

test.each(places.install.map((steps) => [dotted(steps), steps] as const))(
  '%s by flag and by variable',
  (name, steps) => {
    const outside = (value: bigint) => {
      const ports = { exists: () => false, readFile: () => '' }
      const flags = loadInstall({ ...ports, args: [`--${name}=${value}`], env: {} })
      const variable = `TRAEFIK_${name.toUpperCase().replaceAll('.', '_')}`
      const variables = loadInstall({ ...ports, args: [], env: { [variable]: String(value) } })
      return [outOfRange(flags.problems), outOfRange(variables.problems)]
    }
    const edges = edgesOf(steps)
    for (const value of edges.inside) expect([value, outside(value)]).toEqual([value, [0, 0]])
    for (const value of edges.outside) expect([value, outside(value)]).toEqual([value, [1, 1]])
  },
)
