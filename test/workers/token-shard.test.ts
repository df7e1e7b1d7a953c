import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { WorkerEnv } from '../../adapters/cloudflare/env.ts'
import { sharedTokens } from '../../adapters/cloudflare/state/shared-tokens.ts'
import { TokenShard } from '../../adapters/cloudflare/state/token-shard.ts'
import { ConfigError } from '../../src/contracts/kinds.ts'
import type { TokenStore } from '../../src/contracts/token-store.ts'
import type { FakeClock } from '../support/ports.ts'
import { tokenStoreContract } from '../support/token-store-contract.ts'

const objects = (env as WorkerEnv).SIGNALBOX_STATE!
let count = 0

/** An object of its own for each test. */
const fresh = () => objects.get(objects.idFromName(`test-${++count}`))
type Stub = ReturnType<typeof fresh>

/** The buckets of an object, whose time is a clock's; they come back from storage when the object is evicted. */
function storeIn(stub: Stub, clock: FakeClock): TokenStore {
  const shards = new WeakMap<object, TokenShard>()
  return {
    takeTokens: (key, bucket) =>
      runInDurableObject(stub, (instance, { storage }) => {
        let shard = shards.get(instance)
        if (shard === undefined) {
          shard = new TokenShard(storage, () => clock.now())
          shards.set(instance, shard)
        }
        return shard.takeTokens(key, bucket)
      }),
  }
}

tokenStoreContract('TokenShard', (clock) => storeIn(fresh(), clock))

/** A token each 10 minutes. */
const slow = { rate: 1 / 600_000, burst: 2, maxDelayMs: 0, idleMs: 3_600_000 }

const rows = (stub: Stub) =>
  runInDurableObject(stub, (_, { storage }) =>
    storage.sql.exec('SELECT key, tokens FROM buckets ORDER BY key').toArray(),
  )

describe('the object behind rate limits', () => {
  test('knows what was taken when it comes back', async () => {
    const stub = fresh()
    for (const granted of [true, true, false]) expect((await stub.takeTokens('a', slow)).granted).toBe(granted)
    expect((await stub.takeTokens('b', slow)).granted).toBe(true)
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    await evictDurableObject(stub)
    expect((await stub.takeTokens('a', slow)).granted).toBe(false)
    for (const granted of [true, false]) expect((await stub.takeTokens('b', slow)).granted).toBe(granted)
  })

  test('writes nothing of buckets that are full again', async () => {
    const stub = fresh()
    await runInDurableObject(stub, (_, { storage }) => {
      let now = 1_000
      const shard = new TokenShard(storage, () => now)
      shard.takeTokens('quick', { ...slow, rate: 1 })
      shard.takeTokens('slow', slow)
      now += 2
      shard.alarm()
    })
    expect(await rows(stub)).toEqual([{ key: 'slow', tokens: 1 }])
  })

  test('forgets buckets that nobody uses, and rests', async () => {
    const stub = fresh()
    await stub.takeTokens('a', slow)
    await runDurableObjectAlarm(stub)
    expect(await rows(stub)).toHaveLength(1)
    await runInDurableObject(stub, (_, { storage }) => storage.sql.exec('UPDATE buckets SET expiresAt = 1'))
    // One more look, and nothing is left to look at.
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(await rows(stub)).toEqual([])
    expect(await runDurableObjectAlarm(stub)).toBe(false)
  })

  test('a clock that goes back takes nothing away', async () => {
    let now = 1_000_000
    const granted = await runInDurableObject(fresh(), (_, { storage }) => {
      const shard = new TokenShard(storage, () => now)
      const take = () => shard.takeTokens('a', { ...slow, rate: 0.001 }).granted
      const before = [take(), take(), take()]
      now -= 600_000
      const after = take()
      now += 1_000
      return [...before, after, take(), take()]
    })
    expect(granted).toEqual([true, true, false, false, true, false])
  })

  test('a clock that is behind the one that wrote takes nothing away', async () => {
    const stub = fresh()
    const granted = await runInDurableObject(stub, (_, { storage }) => {
      const before = new TokenShard(storage, () => 900_000)
      before.takeTokens('a', slow)
      before.alarm()
      const after = new TokenShard(storage, () => 300_000)
      return [after.takeTokens('a', slow).granted, after.takeTokens('a', slow).granted]
    })
    expect(granted).toEqual([true, false])
  })
})

describe('the store of an isolate', () => {
  test('finds the same bucket again, in objects that share keys out', async () => {
    const [one, other] = [sharedTokens(objects).common!, sharedTokens(objects).common!]
    for (let i = 0; i < 8; i++) {
      const key = `limit@file:192.0.2.${i}`
      expect([i, await one.takeTokens(key, slow, 0)]).toEqual([i, { granted: true, waitMs: 0 }])
      expect((await other.takeTokens(key, slow, 0)).granted).toBe(true)
      expect((await one.takeTokens(key, slow, 0)).granted).toBe(false)
    }
  })

  test('asks an object once, and tells when it fails', async () => {
    let calls = 0
    const takeTokens = async () => {
      calls++
      throw new Error('overloaded')
    }
    const failing = { idFromName: () => ({}), get: () => ({ takeTokens }) } as unknown as typeof objects
    await expect(sharedTokens(failing).common!.takeTokens('a', slow, 0)).rejects.toThrow('overloaded')
    expect(calls).toBe(1)
  })

  describe('whose objects do not answer', () => {
    const rig = () => {
      let now = 1_000_000
      vi.spyOn(Date, 'now').mockImplementation(() => now)
      const said = { calls: 0, answer: (): unknown => Promise.reject(new Error('reset')) }
      const takeTokens = async () => {
        said.calls++
        return said.answer()
      }
      const namespace = { idFromName: () => ({}), get: () => ({ takeTokens }) } as unknown as typeof objects
      const store = sharedTokens(namespace, { ms: 20 }).common!
      return {
        said,
        take: async () => store.takeTokens('a', slow, 0),
        later: (ms: number) => {
          now += ms
        },
      }
    }
    afterEach(() => vi.restoreAllMocks())

    test('gives up in time', async () => {
      const { said, take } = rig()
      said.answer = () => new Promise(() => {})
      await expect(take()).rejects.toThrow('the shared state has not answered within 20 ms')
    })

    test.each([[undefined], [null], [true], [{ granted: 'yes', waitMs: 0 }], [{ granted: true }]])(
      'believes no answer but a grant: %o',
      async (answer) => {
        const { said, take } = rig()
        said.answer = () => answer
        await expect(take()).rejects.toThrow()
      },
    )

    test('asks nobody for five seconds after ten failures, and then one', async () => {
      const { said, take, later } = rig()
      for (let i = 0; i < 10; i++) await expect(take()).rejects.toThrow('reset')
      for (let i = 0; i < 5; i++) await expect(take()).rejects.toThrow('has not answered lately')
      expect(said.calls).toBe(10)
      later(5_000)
      const tries = await Promise.allSettled([take(), take(), take()])
      expect(tries.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
      expect(said.calls).toBe(11)
      later(5_000)
      said.answer = () => ({ granted: true, waitMs: 0 })
      expect(await take()).toEqual({ granted: true, waitMs: 0 })
      expect(await take()).toEqual({ granted: true, waitMs: 0 })
      expect(said.calls).toBe(13)
    })
  })

  test('has no Redis', () => {
    const redis = {} as Parameters<ReturnType<typeof sharedTokens>['open']>[0]
    expect(() => sharedTokens(objects).open(redis)).toThrow(ConfigError)
  })
})
