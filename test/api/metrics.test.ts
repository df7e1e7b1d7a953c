import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createMetricsHandler } from '../../src/api/metrics.ts'
import type { Family } from '../../src/telemetry/metrics/family.ts'
import { fetching } from '../support/fetch-api.ts'

/** @param count series of the one family */
async function asked(count: number, init?: RequestInit): Promise<{ answer: Response; bytes: Buffer }> {
  const samples = Array.from({ length: count }, (_, at) => ({ labels: [['n', String(at)] as const], value: 1 }))
  const source = {
    families: (): Iterable<Family> => [{ name: 'x_total', help: 'X.', type: 'counter', samples }],
    forget: () => undefined,
  }
  const answer = await fetching(createMetricsHandler(source, null))(new Request('http://x/metrics', init))
  return { answer, bytes: Buffer.from(await answer.arrayBuffer()) }
}

test.each([1, 1_000])('%i series come compressed to who takes gzip', async (count) => {
  const plain = await asked(count)
  expect(
    plain.bytes
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('x_total{')),
  ).toHaveLength(count)
  const { answer, bytes } = await asked(count, { headers: { 'Accept-Encoding': 'br, gzip;q=0.5' } })
  expect(answer.headers.get('content-encoding')).toBe('gzip')
  expect(gunzipSync(bytes).toString()).toBe(plain.bytes.toString())
  const refused = await asked(count, { headers: { 'Accept-Encoding': 'gzip;q=0' } })
  expect([refused.answer.headers.get('content-encoding'), refused.bytes.toString()]).toEqual([
    null,
    plain.bytes.toString(),
  ])
})

test('HEAD is answered without content', async () => {
  const { answer, bytes } = await asked(1_000, { method: 'HEAD' })
  expect([answer.status, bytes.length]).toEqual([200, 0])
})
