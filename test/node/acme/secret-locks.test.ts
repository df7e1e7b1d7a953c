import { beforeEach, expect, test } from 'vitest'
import { SecretLocks } from '../../../adapters/node/acme/storage/secret-locks.ts'
import { FakeClock } from '../../support/ports.ts'

/** What is in the Secret, for all who share it. */
let entries: Map<string, string>
let clock: FakeClock

const shared = {
  read: async () => new Map(entries),
  change: async (task: (entries: Map<string, string>) => void | Promise<void>) => {
    const next = new Map(entries)
    await task(next)
    entries = next
  },
}

beforeEach(() => {
  entries = new Map()
  clock = new FakeClock()
})

const open = () => new SecretLocks(shared, clock)

/** In steps, as timers lead to promises that lead to timers. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    clock.advance(1_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('who holds a lock keeps it, however long', async () => {
  const [one, other] = [open(), open()]
  const lock = await one.take('x')
  for (let i = 0; i < 20; i++) {
    await pass(7_000)
    expect(await other.take('x')).toBeNull()
  }
  await lock!.release()
  expect(await other.take('x')).not.toBeNull()
})

test('who is gone loses it 30 s after somebody has first seen it, whatever clocks say', async () => {
  const [one, other] = [open(), open()]
  await one.take('x')
  one.close()
  await pass(60_000)
  expect(await other.take('x')).toBeNull()
  await pass(30_000)
  expect(await other.take('x')).toBeNull()
  await pass(1_000)
  const taken = await other.take('x')
  expect(taken).not.toBeNull()
  expect(await open().take('x')).toBeNull()
})

test('who has lost it does not free that of another one', async () => {
  const [one, other] = [open(), open()]
  const lost = await one.take('x')
  one.close()
  await other.take('x')
  await pass(31_000)
  await other.take('x')
  await lost!.release()
  expect(entries.size).toBe(1)
})

test('what was left behind goes after ten minutes', async () => {
  const [one, other] = [open(), open()]
  await one.put('http a.test token', 'answer')
  await one.take('x')
  one.close()
  await other.put('other', 'answer')
  expect(await other.get('http a.test token')).toBe('answer')
  await pass(11 * 60_000)
  await other.take('y')
  expect([...entries.keys()].map((name) => name.split('.')[0])).toEqual(['lock'])
  expect(await other.get('http a.test token')).toBeNull()
})

test('what somebody has written by hand is no answer and no lock of anybody', async () => {
  const locks = open()
  await locks.put('key', 'answer')
  for (const name of entries.keys()) entries.set(name, Buffer.from('{').toString('base64'))
  expect(await locks.get('key')).toBeNull()
  await locks.remove('key')
  expect(entries.size).toBe(0)
})
