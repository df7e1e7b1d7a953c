import { expect, test, vi } from 'vitest'
import { EdgeContext } from '../../adapters/cloudflare/bridge/edge-context.ts'
import { fromNative } from '../../adapters/cloudflare/bridge/request.ts'
import { rehearse } from '../../adapters/cloudflare/rehearsal.ts'
import type { ProxyResponse } from '../../src/http/response.ts'

test('what a worker rehearses while it starts are requests that a router takes, or none, and nothing is sent', async () => {
  const asked = vi.spyOn(globalThis, 'fetch')
  const said = vi.spyOn(console, 'log')
  const statuses = new Map<string, number>()
  let times = 0
  await rehearse(async (native, { plain }) => {
    times++
    const { request, received } = fromNative(native)
    const answer: ProxyResponse = await plain!(
      request!,
      new EdgeContext('', native, received, {} as ExecutionContext, 0),
    )
    statuses.set(native.headers.get('host')!, answer.status)
  })
  expect(Object.fromEntries(statuses)).toEqual({ a: 502, b: 404 })
  expect(times).toBeGreaterThan(2)
  expect(asked).toHaveBeenCalled()
  for (const [url] of asked.mock.calls) expect(URL.canParse(url as string)).toBe(false)
  expect(said).not.toHaveBeenCalled()
})
