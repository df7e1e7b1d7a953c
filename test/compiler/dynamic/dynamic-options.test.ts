import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { optionsOf } from '../../../src/compiler/decode/options.ts'
import { shapeOf } from '../../../src/compiler/decode/shape.ts'
import { dynamicSchema } from '../../../src/compiler/dynamic/dynamic.ts'
import { DEFAULT_CIPHER_SUITES } from '../../../src/compiler/dynamic/tls.ts'

interface Listed {
  readonly name: string
  readonly type: string
  readonly default?: unknown
  readonly mayBeEmpty?: readonly string[]
  readonly ignoredIn?: readonly string[]
  readonly labelName?: string
}

const listed = JSON.parse(readFileSync('../shared/conformance/data/options-dynamic.json', 'utf8')) as Listed[]
const options = new Map(optionsOf(shapeOf(dynamicSchema)).map((option) => [option.name, option]))

/** Not for files: what labels say beside a container's address, and middlewares that only providers make. */
const ignoredInFiles = [...options.values()].filter(({ meta }) => meta.ignoredIn?.includes('file') === true)
const isIgnored = (name: string) =>
  ignoredInFiles.some((option) => name === option.name || name.startsWith(`${option.name}.`))

const isZero = (value: unknown) =>
  value === undefined || value === false || value === 0 || value === '' || (Array.isArray(value) && value.length === 0)

describe('every option of Traefik exists', () => {
  test.each(listed)('$name', (wanted) => {
    const option = options.get(wanted.name)
    expect(option).toBeDefined()
    if (option === undefined) return
    const isBlock = option.type === 'block'
    expect(option.type).toBe(wanted.type === 'dynamic.HealthCheck' ? 'block' : wanted.type)
    const standard = wanted.default === 'the secure default suites' ? DEFAULT_CIPHER_SUITES : wanted.default
    if (!isBlock) expect(isZero(option.default) ? undefined : option.default).toEqual(standard)
    if (isBlock) {
      const dialects = ['label', 'file', 'kv'].filter(
        (dialect) => option.meta.mayBeEmpty === true && option.meta.notEmptyIn?.includes(dialect as 'kv') !== true,
      )
      expect(dialects).toEqual(wanted.mayBeEmpty ?? [])
    }
    expect(option.meta.ignoredIn ?? []).toEqual(wanted.ignoredIn ?? [])
    expect(option.meta.labelName).toBe(wanted.labelName === undefined ? undefined : 'server')
  })
})

describe('options that Traefik does not have', () => {
  const names = new Set(listed.map((option) => option.name))
  const others = [...options.values()].filter(({ name }) => !names.has(name) && !isIgnored(name))
  const marked = others.filter(({ meta }) => meta.ours === true)
  const isBelow = (name: string) => marked.some((block) => name.startsWith(`${block.name}.`))

  test('are marked as ours', () => {
    expect(others.filter(({ name, meta }) => meta.ours !== true && !isBelow(name))).toEqual([])
  })

  test('change nothing where they are not written', () => {
    expect(marked.filter((option) => option.default !== undefined)).toEqual([])
  })

  test('are documented', () => {
    const text = readFileSync('docs/options.md', 'utf8')
    const keys = others.map(({ name }) => name.slice(name.lastIndexOf('.') + 1).replace('[n]', ''))
    expect(keys.filter((key) => !text.includes(`\`${key}\``))).toEqual([])
  })
})

test('every option is described', () => {
  const maps = /^(http|tcp|udp)\.\w+$/
  const bare = [...options.values()].filter((option) => option.meta.description === undefined)
  expect(bare.map((option) => option.name).filter((name) => !maps.test(name))).toEqual([])
})
