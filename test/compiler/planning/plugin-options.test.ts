import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { checkOptions } from '../../../src/compiler/planning/plugin-options.ts'
import { definePlugin, type OptionsSchema } from '../../../src/contracts/plugin.ts'

const plugin = <O>(options?: OptionsSchema<O>) =>
  definePlugin({ name: 'p', ...(options === undefined ? {} : { options }), create: () => (next) => next })

const schema = z.strictObject({
  field: z.string(),
  count: z.number().int().default(3),
  ratio: z.number().optional(),
  isOn: z.boolean().default(false),
  hosts: z.array(z.string()).optional(),
  inner: z.strictObject({ limits: z.array(z.number()) }).optional(),
})
const checked = (written: unknown) => checkOptions(plugin(schema) as never, written)

describe('options of a plugin', () => {
  test('come out as its schema makes them', () => {
    expect(checked({ field: 'a' })).toEqual({ options: { field: 'a', count: 3, isOn: false }, faults: [] })
  })

  test('that are texts are taken for what they say where the schema asks for it, and stay texts elsewhere', () => {
    const written = {
      ...{ field: '12', count: '5', ratio: '-0.5', isOn: 'true', hosts: 'a, b' },
      inner: { limits: ['1', '2'] },
    }
    expect(checked(written).options).toEqual({
      ...{ field: '12', count: 5, ratio: -0.5, isOn: true, hosts: ['a', 'b'] },
      inner: { limits: [1, 2] },
    })
    expect(checked({ field: 'a', inner: { limits: '1,2' } }).options).toMatchObject({ inner: { limits: [1, 2] } })
    // What was written is somebody else's.
    expect(written.count).toBe('5')
  })

  test.each([
    [{}, ['field']],
    [{ field: 'a', count: '5.5' }, ['count']],
    [{ field: 'a', count: 'five' }, ['count']],
    [{ field: 'a', isOn: 'yes' }, ['isOn']],
    [{ field: 'a', inner: { limits: ['1', 'x'] } }, ['inner', 'limits', 1]],
    [{ field: 'a', fild: 'b' }, ['fild']],
    [{ field: 'a', inner: { limits: [], other: '1' } }, ['inner', 'other']],
    [JSON.parse('{"field":"a","__proto__":"1"}'), ['__proto__']],
  ])('%j is wrong at %j', (written, path) => {
    const { options, faults } = checked(written)
    expect(options).toBeNull()
    expect(faults.map((fault) => fault.path)).toEqual([path])
  })

  test('all that is wrong is told', () => {
    expect(checked({ count: 'x', other: '1' }).faults).toHaveLength(3)
  })

  test('there may be none', () => {
    const none = plugin() as never
    expect(checkOptions(none, {})).toEqual({ options: {}, faults: [] })
    expect(checkOptions(none, { a: '1' }).faults).toEqual([{ message: 'the plugin takes no options', path: ['a'] }])
  })

  test('a schema that answers later is refused', () => {
    const late: OptionsSchema<unknown> = {
      '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(new Error('late')) },
    }
    expect(checkOptions(plugin(late) as never, {}).faults).toMatchObject([{ path: [] }])
  })
})
