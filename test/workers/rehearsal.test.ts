import { expect, test } from 'vitest'
import { EdgeContext } from '../../adapters/cloudflare/bridge/edge-context.ts'
import { fromNative } from '../../adapters/cloudflare/bridge/request.ts'
import { rehearse } from '../../adapters/cloudflare/rehearsal.ts'

test('what a worker rehearses while it starts is a request that no router takes', async () => {
  let times = 0
  const answer = await rehearse((native, { plain }) => {
    times++
    const { request, received } = fromNative(native)
    return plain!(request!, new EdgeContext('', native, received, {} as ExecutionContext, 0))
  })
  expect(answer.status).toBe(404)
  expect(times).toBeGreaterThan(1)
})
