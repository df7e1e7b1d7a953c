import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { optionsOf } from '../../../src/compiler/decode/options.ts'
import { shapeOf } from '../../../src/compiler/decode/shape.ts'
import { traefikInstallSchema } from '../../../src/compiler/install/install.ts'

interface Listed {
  readonly name: string
  readonly type: string
  readonly default?: unknown
  readonly mayBeEmpty?: readonly string[]
}

const listed = JSON.parse(readFileSync('../shared/conformance/data/options-static.json', 'utf8')) as Listed[]
const all = optionsOf(shapeOf(traefikInstallSchema))
const options = new Map(all.map((option) => [option.name.toLowerCase(), option]))

const isZero = (value: unknown) =>
  value === undefined || value === false || value === 0 || value === '' || (Array.isArray(value) && value.length === 0)

describe('every option of Traefik exists', () => {
  test.each(listed)('$name', (wanted) => {
    const option = options.get(wanted.name)
    expect(option).toBeDefined()
    if (option === undefined) return
    expect(option.type).toBe(wanted.type)
    if (option.type === 'block') expect(option.meta.mayBeEmpty === true).toBe(wanted.mayBeEmpty !== undefined)
    else expect(isZero(option.default) ? undefined : option.default).toEqual(wanted.default)
  })
})

test('an option that Traefik does not have is marked as ours and documented', () => {
  const names = new Set(listed.map((option) => option.name))
  // The list names the parts of the gateways and not the list itself.
  names.add('providers.kubernetesgateway.gateways')
  const others = [...options.values()].filter(({ name }) => !names.has(name.toLowerCase()))
  const text = readFileSync('docs/options.md', 'utf8')
  // What is in a block of ours is ours too.
  const ours = others.filter(({ meta }) => meta.ours === true).map(({ name }) => name)
  const isOurs = (name: string) => ours.some((own) => name === own || name.startsWith(`${own}.`))
  expect(others.filter(({ name }) => !isOurs(name) || !text.includes(`\`${name}\``))).toEqual([])
})

test('every option is described', () => {
  expect(all.filter((option) => option.meta.description === undefined).map((option) => option.name)).toEqual([])
})
