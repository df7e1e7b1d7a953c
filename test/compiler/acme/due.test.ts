import { describe, expect, test } from 'vitest'
import { type DueInput, dueOrders, type Kept } from '../../../src/compiler/acme/due.ts'
import { renewalPlan } from '../../../src/compiler/acme/renewal.ts'

const DAY = 24 * 3600_000
const now = 1000 * DAY

const input = (more: Partial<DueInput>): DueInput => ({
  wanted: [],
  kept: [],
  covered: [],
  underWay: new Map(),
  notBefore: new Map(),
  plan: renewalPlan(2160),
  now,
  ...more,
})

const want = (...names: string[]) => ({ names, isDefault: false })

/** Good for so many days more, of ninety. */
const kept = (names: readonly string[], daysLeft: number, more: Partial<Kept> = {}): Kept => ({
  names,
  validity: { notBefore: new Date(now + (daysLeft - 90) * DAY), notAfter: new Date(now + daysLeft * DAY) },
  window: null,
  drawn: 0.5,
  ...more,
})

const ordersOf = (more: Partial<DueInput>) => dueOrders(input(more)).orders.map(({ names, keptAs }) => [names, keptAs])

describe('what is wanted', () => {
  test('is ordered where nothing is good for it', () => {
    expect(ordersOf({ wanted: [want('a.test', 'b.test')] })).toEqual([
      [
        ['a.test', 'b.test'],
        ['a.test', 'b.test'],
      ],
    ])
  })

  test('is ordered whole, and kept under the names that nothing is good for', () => {
    expect(ordersOf({ wanted: [want('a.test', 'b.test')], covered: ['a.test'] })).toEqual([
      [['a.test', 'b.test'], ['b.test']],
    ])
  })

  test('is not ordered where a certificate of the user, one that is kept, or one that is being ordered is good for it', () => {
    expect(ordersOf({ wanted: [want('x.a.test')], covered: ['*.a.test'] })).toEqual([])
    expect(ordersOf({ wanted: [want('a.test')], kept: [kept(['a.test'], 80)] })).toEqual([])
    expect(
      ordersOf({ wanted: [want('a.test')], underWay: new Map([['a.test,b.test', ['a.test', 'b.test']]]) }),
    ).toEqual([])
  })

  test('twice is ordered once', () => {
    expect(ordersOf({ wanted: [want('a.test'), want('b.test', 'a.test'), want('a.test')] })).toEqual([
      [['a.test'], ['a.test']],
      [['b.test', 'a.test'], ['b.test']],
    ])
  })

  test('and has failed waits for its time, and holds nobody up', () => {
    const notBefore = new Map([['a.test,bad.test', now + 60_000]])
    const due = dueOrders(input({ wanted: [want('a.test', 'bad.test'), want('a.test')], notBefore }))
    expect(due.orders.map(({ key }) => key)).toEqual(['a.test'])
    expect(due.nextAt).toBe(now + 60_000)
    expect(ordersOf({ wanted: [want('a.test', 'bad.test')], notBefore, now: now + 60_000 })).toHaveLength(1)
  })

  test('as the default certificate is ordered unless there is one of exactly these names', () => {
    const wanted = [{ names: ['a.test', 'b.test'], isDefault: true }]
    expect(ordersOf({ wanted, covered: ['a.test', 'b.test'] })).toEqual([
      [
        ['a.test', 'b.test'],
        ['a.test', 'b.test'],
      ],
    ])
    expect(ordersOf({ wanted, kept: [kept(['b.test', 'a.test'], 80)] })).toEqual([])
  })
})

describe('what is kept', () => {
  test('is renewed when its time has come, whether it is wanted or not', () => {
    const due = dueOrders(input({ kept: [kept(['old.test'], 29), kept(['new.test'], 31)] }))
    expect(due.orders).toEqual([{ key: 'old.test', names: ['old.test'], keptAs: ['old.test'], renews: 0 }])
    expect(due.nextAt).toBe(now + DAY)
  })

  test('is renewed at once when it can’t be read', () => {
    expect(ordersOf({ kept: [kept(['a.test'], 80, { validity: null })] })).toHaveLength(1)
  })

  test('is renewed when the authority says', () => {
    const window = { start: new Date(now - DAY), end: new Date(now - 1) }
    expect(ordersOf({ kept: [kept(['a.test'], 80, { window })] })).toHaveLength(1)
    const late = { start: new Date(now + DAY), end: new Date(now + 3 * DAY) }
    expect(dueOrders(input({ kept: [kept(['a.test'], 10, { window: late })] }))).toEqual({
      orders: [],
      nextAt: now + 2 * DAY,
    })
  })

  test('waits for what the authority says', () => {
    expect(ordersOf({ kept: [kept(['a.test'], 10, { window: 'unasked' })] })).toEqual([])
  })

  test('is not renewed while it is being ordered, or left alone', () => {
    const old = [kept(['a.test'], 1)]
    expect(ordersOf({ kept: old, underWay: new Map([['a.test', ['a.test']]]) })).toEqual([])
    expect(ordersOf({ kept: old, notBefore: new Map([['a.test', now + 1]]) })).toEqual([])
  })
})

test('a thousand names are looked at in no time', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `n${i}.example.test`)
  const many = input({
    wanted: names.map((name) => want(name)),
    kept: names.map((name) => kept([name], 60)),
    covered: names,
  })
  dueOrders(many)
  const began = performance.now()
  expect(dueOrders(many).orders).toEqual([])
  expect(performance.now() - began).toBeLessThan(50)
})
