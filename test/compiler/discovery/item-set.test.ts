import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ItemPart } from '../../../src/compiler/discovery/item.ts'
import { ItemSet } from '../../../src/compiler/discovery/item-set.ts'
import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'

const part = (key: string, config: unknown, createdAt = 0): ItemPart => ({
  key,
  title: `container ${key}`,
  createdAt,
  config: config as DynamicConfig,
  problems: [],
})

const service = (url: string, more: object = {}) => ({
  http: { services: { s: { loadBalancer: { servers: [{ url }], passHostHeader: true, ...more } } } },
})

describe('ItemSet', () => {
  test('nothing at all clears', () => {
    expect(new ItemSet().derive()).toEqual({ config: { http: {} }, problems: [] })
  })

  test('services that differ in their servers alone are joined, each server once', () => {
    const set = new ItemSet()
    set.set('2', part('b', service('http://b')))
    set.set('1', part('a', service('http://a')))
    set.set('3', part('c', service('http://a')))
    const { config, problems } = set.derive()
    expect(config.http?.services?.s?.loadBalancer?.servers).toEqual([{ url: 'http://a' }, { url: 'http://b' }])
    expect(problems).toEqual([])
  })

  test('an element whose definitions differ is taken out, shown, and says where they are', () => {
    const set = new ItemSet()
    set.set('1', part('a', { http: { routers: { r: { rule: 'Host(`a`)' } } } }))
    set.set('2', part('b', { http: { routers: { r: { rule: 'Host(`b`)' } } } }))
    const { config, problems } = set.derive()
    expect(config.http?.routers).toEqual({})
    expect(config.disabled).toMatchObject([{ section: 'http', kind: 'routers', name: 'r' }])
    expect(problems[0]?.message).toBe(
      'HTTP router r defined multiple times with different configurations in container a, container b',
    )
    set.delete('2')
    expect(set.derive()).toMatchObject({ config: { http: { routers: { r: { rule: 'Host(`a`)' } } } }, problems: [] })
  })

  test('the newest defines where that is asked for, and all servers are kept', () => {
    const set = new ItemSet('newest')
    set.set('1', part('a', service('http://a', { strategy: 'wrr' }), 1))
    set.set('2', part('b', service('http://b', { strategy: 'p2c' }), 2))
    const { loadBalancer } = set.derive().config.http!.services!.s!
    expect(loadBalancer).toMatchObject({ strategy: 'p2c', servers: [{ url: 'http://a' }, { url: 'http://b' }] })
  })

  test('what did not change is the same object', () => {
    const set = new ItemSet()
    set.set('1', part('a', service('http://a')))
    set.set('2', part('b', service('http://b')))
    const before = set.derive().config.http!.services!.s
    set.set('3', part('c', { http: { routers: { r: {} } } }))
    expect(set.derive().config.http!.services!.s).toBe(before)
  })

  test('a hundred problems at most are told, errors first', () => {
    const set = new ItemSet()
    for (let at = 0; at < 300; at++) {
      const problem = {
        severity: at === 299 ? 'error' : 'warning',
        message: `${at}`,
        hint: null,
        provider: null,
        path: [],
        position: null,
      } as const
      set.set(`${at}`, { ...part(String(at), {}), problems: [problem] })
    }
    const { problems } = set.derive()
    expect(problems).toHaveLength(101)
    expect(problems[0]?.message).toBe('299')
    expect(problems.at(-1)?.message).toBe('and 200 more problems')
  })

  const names = fc.constantFrom('a', 'b', '__proto__', 'constructor')
  const configs = fc.record({
    http: fc.record({
      routers: fc.dictionary(names, fc.record({ rule: fc.constantFrom('x', 'y') }), { noNullPrototype: false }),
      services: fc.dictionary(
        names,
        fc.record({
          loadBalancer: fc.record({
            servers: fc.array(fc.record({ url: fc.constantFrom('1', '2', '3') }), { maxLength: 2 }),
            passHostHeader: fc.boolean(),
          }),
        }),
        { noNullPrototype: false },
      ),
    }),
  })

  test('any sequence of events leads to what a look at everything gives', () => {
    const events = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.option(configs)), { maxLength: 30 })
    fc.assert(
      fc.property(events, fc.boolean(), (sequence, derivesBetween) => {
        const followed = new ItemSet()
        const world = new Map<number, unknown>()
        for (const [id, config] of sequence) {
          if (config === null) {
            world.delete(id)
            followed.delete(String(id))
          } else {
            world.set(id, config)
            followed.set(String(id), part(`k${id}`, config))
          }
          if (derivesBetween) followed.derive()
        }
        const fresh = new ItemSet()
        for (const [id, config] of [...world].reverse()) fresh.set(String(id), part(`k${id}`, config))
        expect(followed.derive()).toEqual(fresh.derive())
      }),
    )
  })
})
