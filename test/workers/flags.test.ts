import { expect, test } from 'vitest'
import { readFlags } from '../../adapters/cloudflare/flags.ts'
import { signFlags } from '../../src/plan/flags.ts'
import { importPublicKeys, signLine, toBase64Url } from '../../src/plan/signed-line.ts'

async function pair() {
  const keys = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  const raw = (await crypto.subtle.exportKey('raw', keys.publicKey)) as ArrayBuffer
  return { privateKey: keys.privateKey, publicKey: toBase64Url(new Uint8Array(raw)) }
}

const key = await pair()
const reader = { keys: await importPublicKeys(key.publicKey), audience: 'shop' }
const state = { drained: [{ service: 's@file', url: 'http://a' }], middlewares: { 'down@file': true } }
const now = Date.now()
const flags = { audience: 'shop', time: now, state }

test('flags are read as they were signed', async () => {
  expect(await readFlags(await signFlags(flags, key), reader, now - 1)).toEqual({ time: now, state })
  const none = { ...flags, state: {} }
  expect(await readFlags(await signFlags(none, key), reader, 0)).toEqual({
    time: now,
    state: { drained: [], middlewares: {} },
  })
})

test('anything else is refused with its reason', async () => {
  const good = await signFlags(flags, key)
  const signed = (more: object) => signFlags({ ...flags, ...more }, key)
  for (const [line, reason] of [
    ['', 'the value is not signed'],
    [JSON.stringify(state), 'the value is not signed'],
    ['x'.repeat(26 * 1024 * 1024), 'the value is too long'],
    [good.slice(0, good.length / 2), 'the value is not signed'],
    [good.replace('true', 'false'), 'the signature does not fit'],
    [await signFlags(flags, await pair()), 'it is signed by a key that is not trusted'],
    [await signed({ audience: 'blog' }), 'it is signed for another worker'],
    [await signed({ time: now + 3_600_000 }), 'it was signed in the future'],
    [await signLine('signalbox-flags/1', { ...flags, time: '9' }, key), 'it does not say when'],
    [await signed({ time: now - 2 }), 'it is older than what is in force'],
    [await signed({ time: now - 1 }), 'it is older than what is in force'],
    [await signed({ state: null }), 'neither servers nor middlewares'],
    [await signed({ state: [] }), 'neither servers nor middlewares'],
    [await signed({ state: { drained: [null] } }), 'neither servers nor middlewares'],
    [await signed({ state: { middlewares: { a: 'yes' } } }), 'neither servers nor middlewares'],
    [await signLine('signalbox-pin/1', flags, key), 'the value has the format signalbox-pin/1'],
  ] as const) {
    await expect(readFlags(line, reader, now - 1), line.slice(0, 60)).rejects.toThrow(reason)
  }
})

test('names like those of every object are names', async () => {
  const odd = JSON.parse('{"middlewares":{"__proto__":true,"constructor":false}}')
  const read = await readFlags(await signFlags({ ...flags, state: odd }, key), reader, 0)
  expect(Object.entries(read.state.middlewares)).toEqual([
    ['__proto__', true],
    ['constructor', false],
  ])
  expect(Object.getPrototypeOf(read.state.middlewares)).toBe(Object.prototype)
})
