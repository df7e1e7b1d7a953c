import { describe, expect, test } from 'vitest'
import { openDefinitions, restoreDefinitions, signDefinitions, splitDefinitions } from '../../src/plan/definitions.ts'
import { parseGuide } from '../../src/plan/guide.ts'
import { headLine } from '../../src/plan/head-line.ts'
import { pack, unpack } from '../../src/plan/packed.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { missingIn } from '../../src/plan/requirements.ts'
import { requirementsOf } from '../../src/plan/requirements-of.ts'
import { openRevocations, signRevocations } from '../../src/plan/revoked.ts'
import { importPublicKeys, signLine, toBase64Url } from '../../src/plan/signed-line.ts'
import { openPlan, openPlanHead, signPlan } from '../../src/plan/signed-plan.ts'
import { flawOf } from '../../src/plan/whole.ts'
import { guideOf } from '../../src/runtime/guide-of.ts'
import { planOf } from '../support/plan.ts'
import { published } from '../support/published.ts'

async function pair() {
  const { privateKey, publicKey } = (await crypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const raw = (await crypto.subtle.exportKey('raw', publicKey)) as ArrayBuffer
  return { privateKey, publicKey: toBase64Url(new Uint8Array(raw)) }
}

const key = await pair()
const other = await pair()
const plan = planOf({
  http: {
    routers: {
      r: { rule: 'Host(`a.test`) && !PathPrefix(`/x`)', service: 's', middlewares: ['m'], entryPoints: ['web'] },
      off: { rule: 'Host(`b.test`)', service: 'nowhere', entryPoints: ['web'] },
    },
    services: { s: { loadBalancer: { servers: [{ url: 'http://s.test' }] } } },
    middlewares: {
      m: { stripPrefix: { prefixes: ['/x'] } },
      bad: { addPrefix: { prefix: '/a' }, retry: { attempts: 1 } },
    },
  },
})
const good = await published(plan, 3, key, { audience: 'shop/live', publisher: 'ann' })
const reader = { keys: await importPublicKeys(`${other.publicKey}, ${key.publicKey}`), audience: 'shop/live' }

/** The value with some of its bytes read as text and changed. */
const edited = (edit: (text: string) => string) => {
  const text = edit(String.fromCharCode(...good))
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}
const read = async (value: Uint8Array) => (await openPlan(value, reader)).publication()

test('a guide counts for workers of its version alone, and one without parts for none', () => {
  const guide = guideOf(plan, '1.0.0')
  const { parts: _, ...wanted } = guide.wanted
  expect(parseGuide(guide, '1.0.0')).toEqual(guide)
  expect(parseGuide(guide, '1.0.1')).toBeNull()
  expect(parseGuide({ ...guide, wanted }, '1.0.0')).toBeNull()
  expect(parseGuide(undefined, '1.0.0')).toBeNull()
})

describe('a signed plan', () => {
  test('opens with the key that signed it, among others, for the audience that was meant', async () => {
    const { head, plan: served, requires } = await read(good)
    expect(head).toMatchObject({ revision: 3, rollbackOf: null, publisher: 'ann', audience: 'shop/live' })
    expect(served).toEqual(plan)
    expect(requires).toEqual({
      plan: 1,
      worker: '0.1.0',
      middlewares: ['stripPrefix'],
      services: ['loadBalancer'],
      matchers: ['Host', 'PathPrefix'],
      options: [],
    })
    expect(await openPlanHead(headLine(good), reader)).toEqual(head)
  })

  test('has equal digests when it is equal, whoever signs it', async () => {
    const digestOf = async (value: Uint8Array, audience: string) =>
      (await openPlan(value, { ...reader, audience })).head.digest
    const again = await published(plan, 4, other)
    expect(await digestOf(again, '')).toBe(await digestOf(good, 'shop/live'))
  })

  test.each([
    ['nothing', () => '', /not signed/],
    ['no head', (text: string) => text.slice(text.indexOf('\n')), /not signed/],
    ['a head alone', (text: string) => text.slice(0, text.indexOf('\n')), /not signed/],
    ['a newer format', (text: string) => text.replace('plan/2', 'plan/3'), /format signalbox-plan\/3, not/],
    ['another kind of value', (text: string) => text.replace('plan/2', 'flags/2'), /format signalbox-flags\/2, not/],
    ['another key', (text: string) => text.replace(key.publicKey, other.publicKey), /signature/],
    ['an unknown key', (text: string) => text.replace(key.publicKey, 'A'.repeat(43)), /not trusted/],
    ['a changed revision', (text: string) => text.replace('"revision":3', '"revision":4'), /signature/],
    ['a changed audience', (text: string) => text.replace('shop/live', 'shop/test'), /signature/],
    ['a cut end', (text: string) => text.slice(0, -1), /not what was signed/],
    ['half', (text: string) => text.slice(0, text.length / 2), /not what was signed/],
    ['something more', (text: string) => `${text} `, /not what was signed/],
    ['a changed byte', (text: string) => `${text.slice(0, -9)}x${text.slice(-8)}`, /not what was signed/],
  ])('is refused: %s', async (_what, edit, message) => {
    await expect(read(edited(edit))).rejects.toThrow(message)
  })

  test.each([
    ['another audience', { audience: 'shop/test' }, /another worker/],
    ['an audience where there is none', { audience: '' }, /another worker/],
    ['a head without sizes', {}, /no head/],
    ['sizes that are none', { size: '1', digest: '', packed: {} }, /no head/],
    ['too much', { size: 33 << 20, digest: '', packed: { bytes: 1 << 20, digest: '' } }, /too large/],
    ['a bomb', { size: 30 << 20, digest: '', packed: { bytes: 9, digest: '' } }, /more than 200 times/],
  ])('is refused although it is signed: %s', async (_what, head, message) => {
    const line = await signLine('signalbox-plan/2', { audience: 'shop/live', ...head }, key)
    const value = new TextEncoder().encode(`${line}\n123456789`)
    await expect(read(value)).rejects.toThrow(message)
  })

  test.each([
    ['revision 0', { revision: 0 }],
    ['a revision that is no integer', { revision: 1.5 }],
    ['a rollback of nothing', { rollbackOf: 'x' }],
    ['no time', { time: null }],
    ['a publisher without end', { publisher: 'x'.repeat(201) }],
    ['the future', { time: Date.now() + 600_000 }],
  ])('is neither signed nor read: %s', async (_what, change) => {
    const details = { audience: 'shop/live', revision: 1, rollbackOf: null, time: 1, publisher: '', ...change }
    await expect(signPlan(plan, details as never, key)).rejects.toThrow(/no publication|in the future/)
    const { value } = await pack('signalbox-plan/2', details, { requires: requirementsOf(plan), plan }, key)
    await expect(read(value)).rejects.toThrow(/no publication|in the future/)
  })

  test('is not inflated beyond what it says', async () => {
    const { value, head } = await pack('signalbox-plan/2', { audience: '' }, { text: 'x'.repeat(5000) }, key)
    const bytes = value.slice(headLine(value).length + 1)
    for (const [size, message] of [
      [100, 'inflates to more than it says'],
      [9000, 'inflates to less than it says'],
    ] as const) {
      const line = new TextEncoder().encode(`${await signLine('signalbox-plan/2', { ...head, size }, key)}\n`)
      const forged = new Uint8Array([...line, ...bytes])
      const { content } = await unpack(forged, 'signalbox-plan/2', { ...reader, audience: '' })
      await expect(content()).rejects.toThrow(message)
    }
  })

  test('too large a plan is refused when it is signed', async () => {
    // Not to be packed to nothing: a bomb would be refused for that.
    const noise = Array.from({ length: 20 }, (_, at) => String.fromCharCode(33 + at).repeat(2 << 20))
    await expect(pack('signalbox-plan/2', { audience: '' }, { noise }, key)).rejects.toThrow(/too large/)
  })

  test('a key that is none is refused', async () => {
    await expect(importPublicKeys('abc')).rejects.toThrow('a public key is not 32 bytes in base64url')
    expect((await importPublicKeys(' , ')).size).toBe(0)
  })
})

describe('what a plan requires', () => {
  const known = {
    worker: '0.2.0',
    middlewares: { stripPrefix: 1 },
    services: { loadBalancer: 1 },
    matchers: { Host: 1, PathPrefix: 1 },
  }
  const requires = requirementsOf(plan)

  test.each([
    [{}, []],
    [{ middlewares: ['stripPrefix', 'toString'] }, ['middleware toString']],
    [{ services: ['lottery'], matchers: ['Moon'] }, ['service lottery', 'matcher Moon']],
    [{ plan: 2 }, ['plan version 2']],
    [{ worker: '0.2.0' }, []],
    [{ worker: '0.10.0' }, ['version 0.10.0 of the worker']],
    [{ options: ['rateLimit.colour'] }, ['option rateLimit.colour']],
  ])('%o', (more, missing) => {
    expect(missingIn({ ...requires, ...more }, known)).toEqual(missing)
  })
})

test('a plan requires the options that it has', () => {
  const options = { average: 1, onStateError: 'deny' }
  const limited = planOf({ http: { middlewares: { m: { rateLimit: options } } } })
  expect(requirementsOf(limited)).toMatchObject({ middlewares: ['rateLimit'], options: ['rateLimit.onStateError'] })
})

describe('a plan is whole', () => {
  test('as it is made', () => {
    expect(flawOf(plan, false)).toBe(null)
  })

  test.each<[string, object, string]>([
    ['hollow', { version: 1 }, 'the plan has no entryPoints'],
    ['without services', { ...plan, services: null }, 'the plan has no services'],
    ['a list for a record', { ...plan, middlewares: [] }, 'the plan has no middlewares'],
    ['half a router', { ...plan, routers: { r: {} } }, 'routers of the plan holds an element that is not complete'],
    [
      'a router of null',
      { ...plan, routers: { r: null } },
      'routers of the plan holds an element that is not complete',
    ],
    ['without routers', { ...plan, routers: {} }, 'the plan has no routers'],
  ])('not: %s', (_what, half, flaw) => {
    expect(flawOf(half as Plan, false)).toBe(flaw)
  })

  test('without routers, where that is meant', () => {
    expect(flawOf({ ...plan, routers: {} }, true)).toBe(null)
  })
})

describe('definitions', () => {
  test('go their own way and come back', async () => {
    const whole = structuredClone(plan)
    const { plan: served, definitions } = splitDefinitions(whole)
    expect(served.routers['r@file']!.definition).toEqual({})
    expect(JSON.stringify(served)).not.toContain('"completed"')
    const value = await signDefinitions(definitions, { audience: 'shop/live', revision: 3 }, key)
    await expect(openDefinitions(value, 4, reader)).rejects.toThrow('another revision')
    restoreDefinitions(served, await openDefinitions(value, 3, reader))
    expect(served).toEqual({ ...plan, problems: [] })
  })
})

describe('revoked revisions', () => {
  test('are signed', async () => {
    const list = { audience: 'shop/live', time: 1, revisions: [3, 5] }
    const line = await signRevocations(list, key)
    expect(await openRevocations(line, reader)).toEqual(list)
    await expect(openRevocations(line.replace('[3,5]', '[3]'), reader)).rejects.toThrow('signature')
    await expect(openRevocations('x'.repeat(1e6), reader)).rejects.toThrow('too long')
    const odd = await signLine('signalbox-revoked/1', { ...list, revisions: ['3'] } as never, key)
    await expect(openRevocations(odd, reader)).rejects.toThrow('no list')
  })
})
