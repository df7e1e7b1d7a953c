import { expect, test } from 'vitest'
import { HeldLocks } from '../../../adapters/node/acme/storage/held-locks.ts'
import { LOCK_TTL_MS } from '../../../adapters/node/acme/storage/storage.ts'
import { FakeClock } from '../../support/ports.ts'

/** What a timer's promises lead to has happened afterwards. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  clock.advance(ms)
  await new Promise((resolve) => setImmediate(resolve))
}

test('touches what is held, and goes on after a touch that failed', async () => {
  const clock = new FakeClock()
  const touches: string[] = []
  let isAway = true
  const held = new HeldLocks<string>(clock, async (locks) => {
    touches.push([...locks].join())
    if (isAway) throw new Error('away')
  })
  held.add('a')
  held.add('b')
  await pass(clock, LOCK_TTL_MS / 3)
  isAway = false
  held.delete('a')
  await pass(clock, LOCK_TTL_MS / 3)
  expect(touches).toEqual(['a,b', 'b'])
  held.delete('b')
  await pass(clock, LOCK_TTL_MS)
  expect(touches).toHaveLength(2)
})

test('touches once in its time what was taken while others were touched', async () => {
  const clock = new FakeClock()
  const { promise, resolve } = Promise.withResolvers<void>()
  let touches = 0
  const held = new HeldLocks<string>(clock, () => {
    touches++
    return touches === 1 ? promise : Promise.resolve()
  })
  held.add('a')
  await pass(clock, LOCK_TTL_MS / 3)
  held.delete('a')
  held.add('b')
  resolve()
  await pass(clock, LOCK_TTL_MS / 3)
  expect(touches).toBe(2)
  held.close()
  await pass(clock, LOCK_TTL_MS)
  expect(touches).toBe(2)
})
