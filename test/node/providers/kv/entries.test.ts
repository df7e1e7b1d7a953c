import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readEntries } from '../../../../adapters/node/providers/kv/consul/entries.ts'

const entry = (key: string, text: string | null) => ({
  LockIndex: 0,
  Key: key,
  Flags: 0,
  Value: text === null ? null : Buffer.from(text).toString('base64'),
  CreateIndex: 1,
  ModifyIndex: 2,
})

const read = (entries: readonly unknown[]) => readEntries(Buffer.from(JSON.stringify(entries)))

test('entries are the same however they are cut', async () => {
  const awkward = fc.string({ unit: fc.constantFrom('}', ',', '{', '"', '\\', 'ä', '[', ']', 'a') })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(awkward, fc.string())), async (pairs) => {
      expect(await read(pairs.map(([key, text]) => entry(key, text)))).toEqual(pairs)
    }),
  )
})

test('cuts within keys of large answers', async () => {
  const pairs = Array.from({ length: 3_000 }, (_, at): [string, string] => [`},{"x${at}":"},{`, 'x'.repeat(200)])
  expect(await read(pairs.map(([key, text]) => entry(key, text)))).toEqual(pairs)
})

test('folders have no value', async () => {
  expect(await read([entry('traefik/http/', null)])).toEqual([['traefik/http/', '']])
})

test.each([
  '',
  '[',
  '{}',
  '[1]',
  '[null]',
  '[{"Key":1,"Value":""}]',
  '[{"Key":"a","Value":2}]',
  '[{"Key":"a"}]',
  'null',
])('no keys: %s', async (text) => {
  await expect(readEntries(Buffer.from(text))).rejects.toThrow('the answer holds no keys of Consul')
})

test('more than is taken', async () => {
  const entries = Array.from({ length: 70 }, (_, at) => entry(`k${at}`, 'x'.repeat(1024 * 1024)))
  await expect(read(entries)).rejects.toThrow('more than 64 MiB')
})
