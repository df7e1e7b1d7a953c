import { expect, test } from 'vitest'
import { Operator } from '../../src/runtime/operator.ts'
import { adopt, drain, stateOf } from '../../src/runtime/operator-control.ts'
import { FakeClock } from '../support/ports.ts'

const at = (url: string, service = 's@file') => ({ service, url })

test('servers of the first configuration were always there, later ones have joined', () => {
  const clock = new FakeClock()
  const operator = new Operator(clock)
  expect(operator.server('s@file', 'a').joinedAt).toBeNull()
  expect(operator.server('s@file', 'b').joinedAt).toBeNull()
  operator.settle([at('a'), at('b')])
  clock.advance(500)
  expect(operator.server('s@file', 'c').joinedAt).toBe(clock.now())
  expect(operator.server('t@file', 'c').joinedAt).toBeNull()
})

test('what is said lasts as long as the server is configured', () => {
  const operator = new Operator(new FakeClock())
  const standing = operator.server('s@file', 'a')
  operator.settle([at('a')])
  expect(drain(operator, 's@file', 'a', true)).toBe(true)
  expect(standing.drained).toBe(true)
  expect(operator.server('s@file', 'a')).toBe(standing)
  operator.settle([at('b')])
  expect(drain(operator, 's@file', 'a', true)).toBe(false)
  expect(operator.server('s@file', 'a').drained).toBe(false)
})

test('a state that is taken over holds for who comes later, too', () => {
  const operator = new Operator(new FakeClock())
  const early = operator.server('s@file', 'a')
  const page = operator.middleware('down@file')
  adopt(operator, { drained: [at('a'), at('b')], middlewares: { 'down@file': true, 'other@file': false } })
  expect([early.drained, page.on]).toEqual([true, true])
  expect([operator.server('s@file', 'b').drained, operator.middleware('other@file').on]).toEqual([true, false])
  adopt(operator, { drained: [], middlewares: {} })
  expect([early.drained, page.on, operator.middleware('other@file').on]).toEqual([false, null, null])
  expect(stateOf(operator)).toEqual({ drained: [], middlewares: {} })
})

test('names of Object’s own properties are names like others', () => {
  const operator = new Operator(new FakeClock())
  adopt(operator, { drained: [], middlewares: {} })
  expect(operator.middleware('constructor').on).toBeNull()
})
