import { describe, expect, test } from 'vitest'
import { shortened } from '../../adapters/cli/edge/author.ts'
import type { KvNamespace } from '../../adapters/cli/edge/kv-namespace.ts'
import { restNamespace } from '../../adapters/cli/edge/kv-rest.ts'
import { Publications } from '../../adapters/cli/edge/publications.ts'
import { publish, publishingTime } from '../../adapters/cli/edge/publish.ts'
import { timeFor } from '../../adapters/cli/edge/push.ts'
import { readRevoked, revoke } from '../../adapters/cli/edge/revocations.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { importPublicKeys } from '../../src/plan/signed-line.ts'
import { openPlan, signPlan } from '../../src/plan/signed-plan.ts'
import { until } from '../support/until.ts'
import { type FakeApi, type Fault, fakeApi } from './cloudflare-api.ts'
import { routing } from './project.ts'
import { planOf, worker } from './proxy.ts'

const key = await generateSigningKey()
const reader = { keys: await importPublicKeys(key.publicKey), audience: '' }
const WRITES = 6

describe('a push that is interrupted', () => {
  async function interrupted(write: number, fault: Fault) {
    const api: FakeApi = await fakeApi()
    const kv = restNamespace('ns1', api.env, () => {})
    const [plan, next] = [await planOf(routing('a')), await planOf(routing('a', 'b'))]
    const first = await publish(kv, plan, key, Date.now())
    api.failAt(write, fault)
    const failure = await publish(kv, next, key, Date.now()).then(
      () => '',
      (error: Error) => error.message,
    )
    const { head } = await openPlan(api.values.get('plan')!.value, reader)
    api.failAt(null)
    const second = await publish(kv, next, key, Date.now())
    const past = await new Publications(kv, reader).past()
    return {
      failure,
      served: head.revision === first.revision ? 'former' : 'next',
      works: second.revision > head.revision && (await openPlan(api.values.get('plan')!.value, reader)).head.revision,
      second: second.revision,
      left: past.filter(({ revision }) => revision !== first.revision && revision !== second.revision).length,
    }
  }

  test.each<[string, Fault, RegExp]>([
    ['401', { status: 401 }, /answered 401/],
    ['403', { status: 403 }, /answered 403/],
    ['429', { status: 429, headers: { 'Retry-After': '0' } }, /answered 429/],
    ['500', { status: 500 }, /answered 500.*\nIt was asked 4 times/],
    ['a cut connection', { cut: 'before' }, /can't be reached/],
  ])('by %s at each write: the former plan is served, and the next push works', async (_what, fault, message) => {
    const all = await Promise.all(Array.from({ length: WRITES }, (_, at) => interrupted(at + 1, fault)))
    for (const { failure, served, works, second, left } of all) {
      expect(failure).toMatch(message)
      expect([served, works, left]).toEqual(['former', second, 0])
    }
  })

  test('by a connection that is cut once the last write has been done: it is live', async () => {
    const { failure, served, works, second, left } = await interrupted(WRITES, { cut: 'after' })
    expect(failure).toMatch(/can't be reached/)
    expect([served, works, left]).toEqual(['next', second, 1])
  })

  test('by another publisher: it stops, and leaves nothing', async () => {
    const api = await fakeApi()
    const kv = restNamespace('ns1', api.env, () => {})
    const plan = await planOf(routing('a'))
    const first = await publish(kv, plan, key, Date.now())
    const live = await new Publications(kv, reader).live()
    const other = await publish(kv, plan, key, Date.now() + 1)
    await expect(publish(kv, plan, key, Date.now() + 2, { live })).rejects.toThrow('somebody else has published')
    const past = await new Publications(kv, reader).past()
    expect(past.map(({ revision }) => revision)).toEqual([other.revision, first.revision])
  })
})

const respond = (body: string) =>
  planOf({
    http: {
      routers: { r: { rule: 'PathPrefix(`/`)', service: 'noop@internal', middlewares: ['say'] } },
      middlewares: { say: { respond: { status: 200, body } } },
    },
  })

test('workers serve the former plan, whichever write does not happen', { timeout: 120_000 }, async () => {
  const isolates = WRITES + 1
  const started = await worker(
    { SIGNALBOX_PUBLIC_KEYS: key.publicKey, SIGNALBOX_REFRESH_MS: '0', SIGNALBOX_LOG_LEVEL: 'error' },
    { isolates },
  )
  const served = async (at: number) => (await fetch(started.urls[at]!)).text()
  await publish(started.kv, await respond('former'), key, Date.now())
  expect(await served(0)).toBe('former')
  for (let write = 1; write <= WRITES; write++) {
    let left = write
    const broken: KvNamespace = {
      ...started.kv,
      put: async (...args) => {
        if (--left === 0) throw new Error('cut')
        await started.kv.put(...args)
      },
    }
    await expect(publish(broken, await respond('next'), key, Date.now())).rejects.toThrow('cut')
    await started.runScheduled()
    // One that has served before, and one that begins now.
    expect([await served(0), await served(write)]).toEqual(['former', 'former'])
  }
  await publish(started.kv, await respond('next'), key, Date.now())
  await until(
    () => served(0),
    (text) => text === 'next',
  )
})

test('workers serve the former plan when the one that is live is revoked', { timeout: 60_000 }, async () => {
  const { kv, url } = await worker({ SIGNALBOX_PUBLIC_KEYS: key.publicKey, SIGNALBOX_REFRESH_MS: '0' })
  const served = async () => (await fetch(url)).text()
  await publish(kv, await respond('former'), key, Date.now())
  const { revision } = await publish(kv, await respond('next'), key, Date.now())
  expect(await served()).toBe('next')
  await revoke(kv, [revision], reader, key, Date.now())
  await until(served, (text) => text === 'former')
  expect(await readRevoked(kv, reader)).toEqual(new Set([revision]))
  const others = { keys: await importPublicKeys((await generateSigningKey()).publicKey), audience: '' }
  expect(await readRevoked(kv, others)).toBeNull()
  await expect(revoke(kv, [1], others, key, Date.now())).rejects.toThrow('signed by a key that is not known here')
})

test('what is said of a publication has room beside it, whatever it is', async () => {
  const longest = (bytes: number) => shortened('"\\é\u001b'.repeat(100), bytes)
  const notes = {
    ...{ from: Number.MAX_SAFE_INTEGER, commit: longest(41), message: longest(72), tool: '10.20.30-beta.4' },
    ...{ command: longest(80), allowed: ['allow-errors', 'allow-empty', 'allow-shrink'] },
    elements: [99_999, 99_999, 99_999] as const,
    changes: [99_999, 99_999, 99_999] as const,
  }
  const api = await fakeApi()
  const kv = restNamespace('ns1', api.env, () => {})
  await publish(kv, await planOf(routing('a')), key, Date.now(), {
    audience: 'a-worker-with-a-name/production',
    publisher: longest(64),
    rollbackOf: Number.MAX_SAFE_INTEGER,
    notes,
  })
  expect(api.values.get('plan')!.metadata.length).toBeLessThanOrEqual(1024)
})

test('revisions follow no clock that is ahead', async () => {
  const api = await fakeApi()
  const kv = restNamespace('ns1', api.env, () => {})
  const [plan, now] = [await planOf(routing('a')), Date.now()]
  const ahead = { audience: '', revision: now + 3_600_000, rollbackOf: null, time: now, publisher: '' }
  const { value } = await signPlan(plan, ahead, key)
  await kv.put('plan', value)
  const told: string[] = []
  const live = await new Publications(kv, reader).live()
  const time = timeFor({ kv }, live, (text) => void told.push(text))
  expect(told.join('')).toBe(`Revision ${ahead.revision} is from a clock that was 60 min ahead: the next follows it\n`)
  const { revision } = await publish(kv, plan, key, time)
  expect(revision).toBe(ahead.revision + 1)

  // Our own clock is ahead: that of the API counts.
  const other = { ...kv, now: () => now - 3_600_000 }
  expect(publishingTime(other, (text) => void told.push(text))).toBe(now - 3_600_000)
  expect(told.at(-1)).toBe("this machine's clock is 60 min ahead of Cloudflare's, which counts\n")
  expect(kv.now()).toBeGreaterThan(now - 5000)
  expect(() => publishingTime({ now: () => now + 3_600_000 }, () => {})).toThrow('60 min behind that of Cloudflare')
})
