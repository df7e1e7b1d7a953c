import { describe, expect, test } from 'vitest'
import { MemoryTokenStore } from '../../../src/engine/tokens/memory-token-store.ts'
import { tokenStoreContract } from '../../support/token-store-contract.ts'

tokenStoreContract('MemoryTokenStore', () => new MemoryTokenStore(100))

describe('MemoryTokenStore', () => {
  const bucket = { rate: 0.001, burst: 1, maxDelayMs: 0, idleMs: 1_000_000 }

  test('a refusal takes nothing', () => {
    const store = new MemoryTokenStore(10)
    expect(store.takeTokens('a', bucket, 0)).toEqual({ granted: true, waitMs: 0 })
    expect(store.takeTokens('a', bucket, 250)).toEqual({ granted: false, waitMs: 750 })
    expect(store.takeTokens('a', bucket, 500)).toEqual({ granted: false, waitMs: 500 })
    expect(store.takeTokens('a', bucket, 1000).granted).toBe(true)
  })

  test('the bucket idle for longest goes first', () => {
    const store = new MemoryTokenStore(2)
    for (const key of ['a', 'b', 'a', 'c']) store.takeTokens(key, bucket, 0)
    expect(store.takeTokens('a', bucket, 0).granted).toBe(false)
    expect(store.takeTokens('b', bucket, 0).granted).toBe(true)
  })
})
