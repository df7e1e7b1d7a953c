import { expect, test } from 'vitest'
import { Turns } from '../../../adapters/node/acme/dns/turns.ts'
import { reasonOf } from '../../support/dns-apis/run.ts'

const never = new AbortController().signal

test('tasks about the same thing come one after the other, whatever becomes of them; others do not wait', async () => {
  const turns = new Turns()
  const first = Promise.withResolvers<void>()
  const seen: string[] = []
  const task = (name: string, wait: Promise<void>) => async () => {
    seen.push(`${name} begins`)
    await wait
    seen.push(`${name} ends`)
  }
  const a = turns.take('x', never, task('a', first.promise))
  const b = turns.take('x', never, task('b', Promise.resolve()))
  await turns.take('y', never, task('c', Promise.resolve()))
  expect(seen).toEqual(['a begins', 'c begins', 'c ends'])
  first.reject(new Error('a fails'))
  expect(await reasonOf(a)).toBe('a fails')
  await b
  expect(seen.slice(3)).toEqual(['b begins', 'b ends'])
})

test('who is called off does not wait for its turn, and the next one still waits for who has it', async () => {
  const turns = new Turns()
  const first = Promise.withResolvers<void>()
  const callOff = new AbortController()
  const seen: string[] = []
  const a = turns.take('x', never, () => first.promise)
  const b = turns.take('x', callOff.signal, async () => void seen.push('b'))
  const c = turns.take('x', never, async () => void seen.push('c'))
  callOff.abort(new Error('called off'))
  expect(await reasonOf(b)).toBe('called off')
  await new Promise((resolve) => setImmediate(resolve))
  expect(seen).toEqual([])
  first.resolve()
  await Promise.all([a, c])
  expect(seen).toEqual(['c'])
  expect(await reasonOf(turns.take('x', callOff.signal, async () => void seen.push('d')))).toBe('called off')
  expect(seen).toEqual(['c'])
})
