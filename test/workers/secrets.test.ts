import { expect, test } from 'vitest'
import { loadSecrets } from '../../adapters/cloudflare/secrets.ts'

const used = ['TEXT', 'STORED', 'MISSING', 'KV'].map((name) => ({ source: 'secret' as const, name, mark: name }))
const stored = (get: () => Promise<string>) => ({ TEXT: 'a', STORED: { get }, KV: { put: () => {} } })

test('texts of the environment and of a Secrets Store; what is no secret is missing', async () => {
  let asked = 0
  const env = stored(async () => {
    asked++
    return 'b'
  })
  const secretOf = await loadSecrets([...used, ...used], env)
  expect(used.map(({ name }) => secretOf('secret', name))).toEqual(['a', 'b', null, null])
  expect(secretOf('env', 'TEXT')).toBeNull()
  expect(asked).toBe(1)
})

test.each([
  ['fails', () => Promise.reject(new Error('no such secret')), 'no such secret'],
  ['hangs', () => new Promise<string>(() => {}), 'the Secrets Store has not answered within 1000 ms'],
])('where the store %s the plan can not be served whole, and it says why', async (_, get, reason) => {
  await expect(loadSecrets(used, stored(get))).rejects.toThrow(`the secret STORED can\u2019t be read: ${reason}`)
})
