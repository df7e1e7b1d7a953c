import { env } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { WorkerEnv } from '../../adapters/cloudflare/env.ts'
import { HealthObject } from '../../adapters/cloudflare/state/health-object.ts'
import { toBase64Url } from '../../src/plan/signed-line.ts'
import { planOf } from '../support/plan.ts'
import { published } from '../support/published.ts'

const kv = (env as WorkerEnv).SIGNALBOX_KV!
const { privateKey, publicKey } = (await crypto.subtle.generateKey('Ed25519', true, [
  'sign',
  'verify',
])) as CryptoKeyPair
const trusted = toBase64Url(new Uint8Array((await crypto.subtle.exportKey('raw', publicKey)) as ArrayBuffer))
const workerEnv: WorkerEnv = {
  SIGNALBOX_KV: kv,
  SIGNALBOX_PUBLIC_KEYS: trusted,
  SIGNALBOX_REFRESH_MS: '0',
  SIGNALBOX_LOG_LEVEL: 'panic',
}
let revision = 0

async function publish(healthCheck?: object): Promise<void> {
  const plan = planOf({
    http: {
      routers: { r: { rule: 'PathPrefix(`/`)', service: 's', entryPoints: ['web'] } },
      services: {
        s: {
          loadBalancer: {
            servers: [{ url: 'http://a.test' }],
            ...(healthCheck === undefined ? {} : { healthCheck: { path: '/health', ...healthCheck } }),
          },
        },
      },
    },
  })
  await kv.put('plan', await published(plan, ++revision, { privateKey, publicKey: trusted }))
}

/** An object's storage as far as it is used, whose alarm only a test rings. */
class Storage {
  readonly values = new Map<string, unknown>()
  alarm: number | null = null
  readonly kv = {
    get: (key: string) => this.values.get(key),
    put: (key: string, value: unknown) => void this.values.set(key, value),
  }
  getAlarm = async () => this.alarm
  setAlarm = async (at: number) => {
    this.alarm = at
  }
  deleteAll = async () => {
    this.values.clear()
    this.alarm = null
  }
}

/** The object, as new as after an eviction. */
const objectOn = (storage: Storage) => {
  const context = { storage, waitUntil: () => {} } as unknown as DurableObjectState
  const object = new HealthObject(context, workerEnv)
  const ring = () => {
    storage.alarm = null
    return object.alarm()
  }
  return { object, ring }
}

let status = 200
let asked = 0
beforeEach(async () => {
  status = 200
  asked = 0
  await kv.delete('health')
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => {
    asked++
    return new Response(null, { status })
  })
})
afterEach(() => {
  vi.restoreAllMocks()
})

const down = [expect.stringContaining('http://a.test')]
const inKv = async () => ((await kv.get('health', 'json')) as { down: string[] } | null)?.down

describe('the object that checks', () => {
  test('begins when somebody asks, and goes on at the pace of the checks, a second at least', async () => {
    const storage = new Storage()
    const { object, ring } = objectOn(storage)
    await publish({ interval: '5s' })
    expect(await object.report()).toEqual({ checkedAt: 0, down: [], streaks: {} })
    expect(storage.alarm).toBeLessThanOrEqual(Date.now())
    await ring()
    expect(asked).toBe(1)
    expect(storage.alarm! - Date.now()).toBeGreaterThan(4_000)
    expect(storage.alarm! - Date.now()).toBeLessThanOrEqual(5_000)
    const set = storage.alarm
    expect((await object.report()).checkedAt).toBeGreaterThan(0)
    expect(storage.alarm).toBe(set)

    await publish({ interval: '50ms' })
    await ring()
    expect(storage.alarm! - Date.now()).toBeGreaterThan(900)
  })

  test('tells who asks and who has just started', async () => {
    const { object, ring } = objectOn(new Storage())
    await publish({ interval: '1s' })
    status = 500
    await ring()
    expect((await object.report()).down).toEqual(down)
    expect(await inKv()).toEqual(down)
  })

  test('goes on where it was after an eviction, thresholds too', async () => {
    const storage = new Storage()
    await publish({ interval: '1s', fails: 3, passes: 2 })
    await objectOn(storage).object.report()
    status = 500
    for (const expected of [[], [], down]) {
      const { object, ring } = objectOn(storage)
      await ring()
      expect((await object.report()).down).toEqual(expected)
    }
    status = 200
    for (const expected of [down, []]) {
      const { object, ring } = objectOn(storage)
      expect((await object.report()).down).toEqual(down)
      await ring()
      expect((await object.report()).down).toEqual(expected)
    }
    expect(await inKv()).toEqual([])
  })

  test('stops when no plan has checks, and begins again', async () => {
    const storage = new Storage()
    const { object, ring } = objectOn(storage)
    await publish({ interval: '1s' })
    await object.report()
    await ring()
    await publish()
    await ring()
    expect([storage.alarm, storage.values.size]).toEqual([null, 0])
    await publish({ interval: '1s' })
    await object.report()
    expect(storage.alarm).not.toBe(null)
    await ring()
    expect(asked).toBe(2)
  })

  test('without a plan that can be read it waits for the next question, and knows what it knew', async () => {
    const storage = new Storage()
    await publish({ interval: '1s' })
    const before = objectOn(storage)
    status = 500
    await before.object.report()
    await before.ring()
    await kv.put('plan', 'garbage')
    const { object, ring } = objectOn(storage)
    await ring()
    expect(storage.alarm).toBe(null)
    expect((await object.report()).down).toEqual(down)
    expect(storage.alarm).not.toBe(null)
  })
})
