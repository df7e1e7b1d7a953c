import { describe, expect, test } from 'vitest'
import type { Plan } from '../../src/plan/plan.ts'
import { headerOf, importPublicKeys, open, type Publication, sign, toBase64Url } from '../../src/plan/signed-plan.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

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
const publication: Publication = { revision: 3, rollbackOf: null, publishedAt: 'now', plan: { version: 1 } as Plan }
const good = await sign(publication, key.privateKey, key.publicKey)

describe('a signed plan', () => {
  test('opens with the key that signed it, among others', async () => {
    const keys = await importPublicKeys(`${other.publicKey}, ${key.publicKey}`)
    expect(await open(bytes(good), keys)).toEqual(publication)
  })

  test.each([
    ['nothing', ''],
    ['no header', JSON.stringify(publication)],
    ['another format', good.replace('plan/1', 'plan/2')],
    ['another key', good.replace(key.publicKey, other.publicKey)],
    ['a changed revision', good.replace('"revision":3', '"revision":4')],
    ['a changed plan', good.replace('"version":1', '"version":2')],
    ['a cut end', good.slice(0, -1)],
    ['something more', `${good} `],
    ['a signature of zeros', good.replace(headerOf(bytes(good)).split(' ')[2]!, 'A'.repeat(86))],
  ])('is refused: %s', async (_what, text) => {
    const keys = await importPublicKeys(`${other.publicKey} ${key.publicKey}`)
    await expect(open(bytes(text), keys)).rejects.toThrow()
  })

  test.each([
    ['revision 0', { revision: 0 }],
    ['a revision that is no integer', { revision: 1.5 }],
    ['no plan', { plan: null }],
    ['a plan of another version', { plan: { version: 99 } }],
    ['a rollback of nothing', { rollbackOf: 'x' }],
  ])('is refused although it is signed: %s', async (_what, change) => {
    const text = await sign({ ...publication, ...change } as Publication, key.privateKey, key.publicKey)
    await expect(open(bytes(text), await importPublicKeys(key.publicKey))).rejects.toThrow(/publication|version/)
  })

  test('a key that is none is refused', async () => {
    await expect(importPublicKeys('abc')).rejects.toThrow('a public key is not 32 bytes in base64url')
    expect((await importPublicKeys(' , ')).size).toBe(0)
  })
})
