import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Assembly, piecesOf } from '../../../adapters/node/reading/pieces.ts'

const plain = (tree: unknown): unknown => JSON.parse(JSON.stringify(tree))

function through(tree: object): { readonly tree: unknown; readonly sizes: readonly number[] } {
  const assembly = new Assembly()
  const sizes: number[] = []
  for (const piece of piecesOf(tree)) {
    sizes.push(piece.entries.length)
    assembly.add(structuredClone(piece))
  }
  return { tree: assembly.tree, sizes }
}

test('a tree is the same after it went through in pieces', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (tree) => {
      expect(plain(through(tree).tree)).toEqual(plain(tree))
    }),
  )
})

test('thousands of elements come in small pieces, in their order', () => {
  const routers = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`r${at}`, { rule: 'x', at }]))
  const wanted = { version: 1, http: { routers, services: {} }, tcp: { routers: {} }, problems: [] }
  const { tree, sizes } = through(wanted)
  expect(tree).toEqual(wanted)
  expect(Math.max(...sizes)).toBe(200)
  expect(Object.keys((tree as typeof wanted).http.routers)).toEqual(Object.keys(routers))
  // What was read is not planned yet, and one level deeper.
  const read = through({ value: wanted, problems: [] })
  expect(read.tree).toEqual({ value: wanted, problems: [] })
  expect(Math.max(...read.sizes)).toBe(200)
  expect(read.sizes.length).toBeGreaterThan(25)
})

test('names of prototypes are ordinary names', () => {
  const names = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`r${at}`, at]))
  const wanted = JSON.parse(`{"map": ${JSON.stringify({ ...names, constructor: 1 })}, "__proto__": {"x": 1}}`)
  const { tree } = through(wanted)
  expect(Object.keys(tree as object)).toEqual(['__proto__', 'map'])
  expect(Object.hasOwn((tree as typeof wanted).map, 'constructor')).toBe(true)
})
