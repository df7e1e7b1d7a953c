import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { WorkerEnv } from '../../adapters/cloudflare/env.ts'
import { Isolate } from '../../adapters/cloudflare/isolate.ts'
import { keep } from '../../adapters/cloudflare/location-cache.ts'
import { Pace } from '../../adapters/cloudflare/pace.ts'
import { headLine } from '../../src/plan/head-line.ts'
import { signRevocations } from '../../src/plan/revoked.ts'
import { toBase64Url } from '../../src/plan/signed-line.ts'
import { planOf } from '../support/plan.ts'
import { published } from '../support/published.ts'

const { privateKey, publicKey } = (await crypto.subtle.generateKey('Ed25519', true, [
  'sign',
  'verify',
])) as CryptoKeyPair
const key = {
  privateKey,
  publicKey: toBase64Url(new Uint8Array((await crypto.subtle.exportKey('raw', publicKey)) as ArrayBuffer)),
}
const plan = planOf({
  http: {
    routers: { r: { rule: 'PathPrefix(`/`)', service: 's', entryPoints: ['web'] } },
    services: { s: { loadBalancer: { servers: [{ url: 'http://a.test' }] } } },
  },
})
let audiences = 0
const settles: (() => Promise<void>)[] = []

/** An isolate, what it reads, and what it says. */
async function rig(more: Partial<WorkerEnv> = {}) {
  const audience = `isolate-${++audiences}`
  const values = new Map<string, Uint8Array | string>()
  const state = { calls: 0, fails: false, asked: [] as unknown[] }
  const kv = {
    async get(keys: string | string[], { type }: { type: string }) {
      state.calls++
      state.asked.push(keys)
      if (state.fails) throw new Error('KV is \u009bgone')
      const one = (name: string) => {
        const value = values.get(name) ?? null
        if (value === null || (type === 'text') === (typeof value === 'string')) return value
        return typeof value === 'string' ? new TextEncoder().encode(value).buffer : new TextDecoder().decode(value)
      }
      const asAsked = (name: string) => {
        const value = one(name)
        return value instanceof Uint8Array ? value.slice().buffer : value
      }
      return Array.isArray(keys) ? new Map(keys.map((name) => [name, asAsked(name)])) : asAsked(keys)
    },
  }
  const waiting: Promise<unknown>[] = []
  const execution = { waitUntil: (promise: Promise<unknown>) => void waiting.push(promise) }
  const env: WorkerEnv = {
    SIGNALBOX_KV: kv as unknown as KVNamespace,
    SIGNALBOX_PUBLIC_KEYS: key.publicKey,
    SIGNALBOX_AUDIENCE: audience,
    SIGNALBOX_LOG_LEVEL: 'info',
    ...more,
  }
  const sign = (revision: number) => published(plan, revision, key, { audience })
  const publish = async (revision: number, name = 'plan') => {
    const value = await sign(revision)
    values.set(name, value)
    if (name === 'plan') values.set('plan-head', headLine(value))
  }
  const revoke = async (...revisions: number[]) => {
    values.set('revoked', await signRevocations({ audience, time: Date.now(), revisions }, key))
  }
  const isolate = new Isolate(env)
  const served = async () => {
    const serving = await isolate.serving(execution)
    return serving === null ? null : [serving.head.revision, serving.from]
  }
  /** What is behind requests. */
  const settle = async () => {
    while (waiting.length > 0) await waiting.shift()
  }
  settles.push(settle)
  return { audience, env, values, state, execution, isolate, sign, publish, revoke, served, settle }
}

const lines: string[] = []
beforeEach(() => {
  lines.length = 0
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
})
afterEach(async () => {
  // What goes on behind requests says nothing in the next test.
  for (const settle of settles.splice(0)) await settle()
  vi.restoreAllMocks()
})

const logged = () => lines.map((line) => JSON.parse(line) as { level: string; message: string })
const messages = () => logged().map(({ message }) => message)

describe('an isolate falls back', () => {
  test('to the plan before where the one in KV is refused, and says so once', async () => {
    const { values, publish, served, isolate, execution } = await rig()
    await publish(6, 'plan-previous')
    values.set('plan', 'garbage')
    for (let i = 0; i < 3; i++) expect(await served()).toEqual([6, 'plan-previous'])
    for (let i = 0; i < 3; i++) await isolate.load(execution)
    expect(logged()).toEqual([
      { level: 'error', message: 'Configuration not taken over: the value is not signed', serving: null },
      {
        level: 'warn',
        message: 'Configuration loaded from elsewhere',
        revision: 6,
        from: 'plan-previous',
        why: 'the value is not signed',
      },
      { level: 'error', message: 'Configuration not taken over: the value is not signed', serving: 6 },
    ])
    await publish(7)
    await isolate.load(execution)
    expect(await served()).toEqual([7, 'kv'])
    expect(messages().at(-1)).toBe('Configuration loaded')
  })

  test('to what this location has kept where KV fails, whatever it is asked', async () => {
    const { audience, state, sign, served } = await rig()
    await keep('plan', audience, await sign(5))
    state.fails = true
    expect(await served()).toEqual([5, 'cache'])
    expect(lines.join()).not.toContain('\u009b')
  })

  test('to nothing: then each request looks, after the first has looked four times', async () => {
    const { state, served } = await rig()
    state.fails = true
    const start = Date.now()
    expect(await served()).toBe(null)
    // 50, 200 and 800 ms.
    expect(Date.now() - start).toBeGreaterThanOrEqual(1_040)
    const asked = () => state.asked.filter((keys) => keys === 'plan').length
    const before = asked()
    for (let i = 0; i < 5; i++) expect(await served()).toBe(null)
    expect(asked()).toBe(before + 5)
    // Where there was nothing there will be nothing in a moment.
    expect(state.asked.filter((keys) => keys === 'plan-previous').length).toBeLessThan(3)
    expect(messages().every((message) => message.startsWith('Configuration not taken over: '))).toBe(true)
    expect(messages()).toEqual([...new Set(messages())])
  })

  test('to the same revision, and is back in KV without linking it anew', async () => {
    const { audience, state, sign, publish, served, isolate, execution } = await rig()
    await keep('plan', audience, await sign(5))
    await publish(5)
    state.fails = true
    expect(await served()).toEqual([5, 'cache'])
    state.fails = false
    await isolate.load(execution)
    expect(await served()).toEqual([5, 'kv'])
  })

  test('never to an older one than is served, whatever KV says', async () => {
    const { values, publish, served, isolate, execution } = await rig()
    await publish(7)
    expect(await served()).toEqual([7, 'kv'])
    await publish(6)
    await isolate.load(execution)
    values.clear()
    await isolate.load(execution)
    expect(await served()).toEqual([7, 'kv'])
  })
})

describe('a revoked revision', () => {
  test('is served no longer, by whoever knows of it', async () => {
    const { env, state, publish, revoke, served, settle, isolate, execution } = await rig()
    await publish(6, 'plan-previous')
    await publish(7)
    expect(await served()).toEqual([7, 'kv'])
    await settle()
    await revoke(7)
    await isolate.load(execution)
    expect(await served()).toEqual([6, 'plan-previous'])
    await revoke(6, 7)
    await isolate.load(execution)
    expect(await served()).toBe(null)
    await settle()

    // This location has kept plan 7, and the list.
    state.fails = true
    expect(await new Isolate(env).serving(execution)).toBe(null)
    state.fails = false
    // Nothing that has been revoked comes back when the list gets lost.
    await revoke()
    await isolate.load(execution)
    expect(await served()).toBe(null)
    await publish(8)
    expect(await served()).toEqual([8, 'kv'])
  })

  test('is one by a list that is signed for this worker', async () => {
    const { values, publish, served, isolate, execution } = await rig()
    await publish(7)
    expect(await served()).toEqual([7, 'kv'])
    const list = { time: Date.now(), revisions: [7] }
    for (const line of ['{}', '', 'x'.repeat(1e6), await signRevocations({ ...list, audience: 'other' }, key)]) {
      values.set('revoked', line)
      await isolate.load(execution)
      expect(await served()).toEqual([7, 'kv'])
    }
  })
})

test('a KV that answers for one key at a time only is read so', async () => {
  const { env, publish, served, execution, isolate } = await rig()
  await publish(7)
  const single = env.SIGNALBOX_KV as unknown as { get(keys: unknown, options: unknown): unknown }
  const get = single.get.bind(single)
  let isOdd = false
  single.get = (keys, options) => {
    if (!Array.isArray(keys)) return get(keys, options)
    isOdd = !isOdd
    return isOdd ? Promise.reject(new Error('keys must be a text')) : Promise.resolve(null)
  }
  expect(await served()).toEqual([7, 'kv'])
  await publish(8)
  for (let i = 0; i < 2; i++) await isolate.load(execution)
  expect(await served()).toEqual([8, 'kv'])
})

test('a look that finds nothing new is one read', async () => {
  const { state, publish, served, settle, isolate, execution } = await rig()
  await publish(7)
  expect(await served()).toEqual([7, 'kv'])
  await settle()
  const { calls } = state
  for (let i = 0; i < 5; i++) expect(await isolate.load(execution)).toBe('fine')
  expect(state.calls).toBe(calls + 5)
})

describe('the pace of looks', () => {
  const rigPace = (ordinaryMs: number) => {
    const pace = new Pace(ordinaryMs)
    /** The pause after a look that failed at this time. */
    const pauseAfter = (now: number) => {
      pace.looked(now)
      pace.failed(now)
      let pause = 0
      while (!pace.isDue(now + pause)) pause += 10
      return pause
    }
    return { pace, pauseAfter }
  }

  test('quick after the first failures, slow after minutes of them', () => {
    const { pace, pauseAfter } = rigPace(30_000)
    expect(pace.isDue(0)).toBe(true)
    expect([0, 50, 250, 1_050, 60_000].map(pauseAfter)).toEqual([50, 200, 800, 600, 1_020])
    expect(pauseAfter(600_000)).toBeGreaterThan(9_000)
    expect(pauseAfter(6_000_000)).toBe(30_000)
    pace.looked(7_000_000)
    pace.succeeded()
    expect([pace.isDue(7_029_999), pace.isDue(7_030_000)]).toEqual([false, true])
  })

  test('is not quickened by failures where it is quick', () => {
    const { pace, pauseAfter } = rigPace(0)
    expect(pace.isDue(0)).toBe(true)
    expect([0, 0, 0, 0].map(pauseAfter)).toEqual([50, 200, 800, 600])
  })
})
