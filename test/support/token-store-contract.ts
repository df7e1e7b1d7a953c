import { describe, expect, test } from 'vitest'
import type { TokenBucket, TokenStore } from '../../src/contracts/token-store.ts'
import { FakeClock } from './ports.ts'

/** A token each 100 ms, for which a request waits 50 ms at most. */
const bucket: TokenBucket = { rate: 0.01, burst: 3, maxDelayMs: 50, idleMs: 3_600_000 }

/** What every token store does. `open` gives one whose time is that of the clock. */
export function tokenStoreContract(name: string, open: (clock: FakeClock) => TokenStore): void {
  describe(`${name} as a token store`, () => {
    let tests = 0
    const rig = () => {
      const clock = new FakeClock()
      const store = open(clock)
      const unique = `${name}-${++tests}`
      const take = async (key = '', wanted = bucket) => {
        const { granted, waitMs } = await store.takeTokens(`${unique}${key}`, wanted, clock.now())
        return [granted, Math.round(waitMs * 1000) / 1000]
      }
      return { clock, take }
    }

    test('a new bucket is full, and what it holds is given at once', async () => {
      const { take } = rig()
      for (let i = 0; i < 3; i++) expect(await take()).toEqual([true, 0])
      expect(await take()).toEqual([false, 100])
    })

    test('a token that comes soon is taken before it is there', async () => {
      const { clock, take } = rig()
      for (let i = 0; i < 3; i++) await take()
      clock.advance(60)
      expect(await take()).toEqual([true, 40])
      expect(await take()).toEqual([false, 140])
      clock.advance(100)
      expect(await take()).toEqual([true, 40])
    })

    test('a refusal takes nothing', async () => {
      const { clock, take } = rig()
      const slow = { ...bucket, rate: 0.001, burst: 1, maxDelayMs: 0 }
      expect(await take('', slow)).toEqual([true, 0])
      clock.advance(250)
      expect(await take('', slow)).toEqual([false, 750])
      clock.advance(250)
      expect(await take('', slow)).toEqual([false, 500])
      clock.advance(500)
      expect(await take('', slow)).toEqual([true, 0])
    })

    test('no more comes back than a bucket holds', async () => {
      const { clock, take } = rig()
      await take()
      clock.advance(60_000)
      for (let i = 0; i < 3; i++) expect(await take()).toEqual([true, 0])
      expect((await take())[0]).toBe(false)
    })

    test('a smaller bucket of the same key spills what is too much', async () => {
      const { take } = rig()
      await take()
      expect(await take('', { ...bucket, burst: 1 })).toEqual([true, 0])
      expect((await take('', { ...bucket, burst: 1 }))[0]).toBe(false)
    })

    test('buckets are apart', async () => {
      const { take } = rig()
      for (let i = 0; i < 4; i++) await take('a')
      expect((await take('a'))[0]).toBe(false)
      expect(await take('b')).toEqual([true, 0])
    })

    test('requests at the same time never share a token', async () => {
      const { take } = rig()
      const answers = await Promise.all(Array.from({ length: 20 }, () => take()))
      expect(answers.filter(([granted]) => granted)).toHaveLength(3)
    })
  })
}
