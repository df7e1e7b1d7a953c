import http from 'node:http'
import { expect, test } from 'vitest'
import { createSignalbox } from '../../adapters/web/index.ts'
import { countingServer, nobody, POSTS, reset, retried, sendPosts, status } from '../support/counting-server.ts'
import { startProxy } from '../support/node-proxy.ts'

const once = (executed: ReadonlyMap<string, number>) => [executed.size, Math.max(...executed.values())]

test('a POST that a server has read is executed once', async () => {
  const { url, executed } = await countingServer(reset)
  const proxy = await startProxy(JSON.stringify(retried([url])))
  const agent = new http.Agent({ keepAlive: true })
  try {
    const statuses = await sendPosts(
      (content) =>
        new Promise((resolve, reject) => {
          const request = http.request(proxy.url, { method: 'POST', agent }, (response) => {
            response.resume().on('end', () => resolve(response.statusCode ?? 0))
          })
          request.on('error', reject).end(content)
        }),
    )
    expect(once(executed)).toEqual([POSTS, 1])
    expect(statuses).toEqual(new Map([[502, POSTS]]))
  } finally {
    agent.destroy()
    await proxy.stop()
  }
})

/** Sends a request through `createSignalbox` and the runtime's own `fetch`. */
function handler(urls: readonly string[], options: object = {}) {
  const signalbox = createSignalbox({ routing: retried(urls, options) })
  return async (body: string, method = 'POST') => {
    const response = await signalbox.fetch(new Request('http://shop.test/', { method, body }))
    await response.text()
    return response.status
  }
}

test('a POST by fetch is executed once', async () => {
  const { url, executed } = await countingServer(reset)
  const send = handler([url])
  const statuses = await sendPosts((content) => send(content))
  expect(once(executed)).toEqual([POSTS, 1])
  expect(statuses).toEqual(new Map([[502, POSTS]]))
})

test('a POST by fetch that found no connection is sent to another server', async () => {
  const good = await countingServer(status(200))
  const send = handler([await nobody(), good.url])
  const statuses = await sendPosts((content) => send(content))
  expect(once(good.executed)).toEqual([POSTS, 1])
  expect(statuses).toEqual(new Map([[200, POSTS]]))
})

test.each([
  ['an idempotent method', 'PUT', {}],
  ['a method that the configuration allows', 'POST', { retryNonIdempotentMethod: true }],
])('%s is sent again by fetch', async (_what, method, options) => {
  const [broken, good] = [await countingServer(reset), await countingServer(status(200))]
  const send = handler([broken.url, good.url], options)
  for (const content of ['a', 'b', 'c', 'd']) expect(await send(content, method)).toBe(200)
  expect(broken.executed.size).toBeGreaterThan(0)
})
