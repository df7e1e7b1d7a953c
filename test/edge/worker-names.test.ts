import { expect, test } from 'vitest'

interface Module {
  readonly path: string
  readonly contents: Uint8Array
}

/** A script of the build, which has no types. */
interface WorkerNames {
  minified(outputFiles: readonly Module[]): Promise<Module[]>
  withoutEmpty(outputFiles: readonly (Module & { readonly text: string })[]): Module[]
  withShortNames(outputFiles: readonly Module[]): Module[]
}

const script = new URL('../../scripts/worker-names.mjs', import.meta.url)
const { minified, withoutEmpty, withShortNames } = (await import(script.href)) as WorkerNames

const modules = (texts: Readonly<Record<string, string>>): (Module & { text: string })[] =>
  Object.entries(texts).map(([path, text]) => ({ path, text, contents: new TextEncoder().encode(text) }))

const texts = (made: readonly Module[]): Record<string, string> =>
  Object.fromEntries(made.map(({ path, contents }) => [path, new TextDecoder().decode(contents).trim()]))

test('what modules export to each other has one name in all of them', async () => {
  const made = texts(
    await minified(
      modules({
        'edge/chunk-AAAAAAAA.js':
          'function first(value){return value+1}function second(value){return first(value)*2}export{first as a,second as b};',
        'edge/chunk-BBBBBBBB.js':
          'import{b as twice}from"./chunk-AAAAAAAA.js";function third(value){return twice(value)-3}export{third as c};',
        'worker.js':
          'import{a as one}from"./edge/chunk-AAAAAAAA.js";import{c as three}from"./edge/chunk-BBBBBBBB.js";export default{fetch:value=>one(value)+three(value)};',
      }),
    ),
  )
  // No list has a name and another for it.
  expect(Object.values(made).join('\n')).not.toMatch(/ as /)
  const listOf = (text: string, pattern: RegExp) => pattern.exec(text)![1]!.split(',')
  const [chunk, other, entry] = Object.values(made) as [string, string, string]
  const exported = listOf(chunk, /export\{([^}]*)\}/)
  expect(exported).toHaveLength(2)
  expect(exported).toContain(listOf(other, /import\{([^}]*)\}from"\.\/chunk-AAAAAAAA\.js"/)[0])
  expect(exported).toContain(listOf(entry, /import\{([^}]*)\}from"\.\/edge\/chunk-AAAAAAAA\.js"/)[0])
})

test('what others ask for by its name keeps it', async () => {
  const made = texts(
    await minified(modules({ 'edge/api-CCCCCCCC.js': 'function make(){return 1}export{make as createApi};' })),
  )
  expect(made['edge/api-CCCCCCCC.js']).toMatch(/export\{\w+ as createApi\}/)
})

test('a module of which nothing is left is imported by nobody', () => {
  const left = withoutEmpty(
    modules({ 'edge/chunk-DDDDDDDD.js': '', 'worker.js': 'import"./edge/chunk-DDDDDDDD.js";a();' }),
  )
  expect(texts(left)).toEqual({ 'worker.js': 'a();' })
})

test('names are short, and tell modules apart', () => {
  const made = withShortNames(
    modules({
      'edge/api-AAAAAAAA.js': 'export{}',
      'edge/chunk-BBBBBBBB.js': 'import"./chunk-CCCCCCCC.js"',
      'edge/chunk-CCCCCCCC.js': 'import("./api-AAAAAAAA.js")',
      'worker.js': 'import"./edge/chunk-BBBBBBBB.js"',
    }),
  )
  expect(texts(made)).toEqual({
    'edge/api.js': 'export{}',
    'edge/1.js': 'import"./2.js"',
    'edge/2.js': 'import("./api.js")',
    'worker.js': 'import"./edge/1.js"',
  })
  expect(() => withShortNames(modules({ 'edge/api-AAAAAAAA.js': '', 'edge/api-BBBBBBBB.js': '' }))).toThrow('one name')
})
