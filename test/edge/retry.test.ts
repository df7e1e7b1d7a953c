import { expect, test } from 'vitest'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { countingServer, POSTS, reset, retried, sendPosts, status } from '../support/counting-server.ts'
import { behindNetwork, planOf } from './proxy.ts'

const key = await generateSigningKey()

/** The worker as on the network: an unreachable server is a status of its own. */
async function onNetwork(dynamic: unknown) {
  const started = await behindNetwork({ SIGNALBOX_PUBLIC_KEYS: key.publicKey, SIGNALBOX_REFRESH_MS: '600000' })
  await publish(started.kv, await planOf(dynamic), key, Date.now())
  return started.url
}

const poster = (url: URL) => async (body: string) => {
  const response = await fetch(url, { method: 'POST', body })
  await response.text()
  return response.status
}

const once = (executed: ReadonlyMap<string, number>) => [executed.size, Math.max(...executed.values())]

test.each([
  ['the connection is reset', reset, 502],
  ['520', status(520), 502],
  ['522', status(522), 504],
  ['524', status(524), 504],
])('a POST is executed once where %s', async (_what, ending, answer) => {
  const { url, executed } = await countingServer(ending)
  const statuses = await sendPosts(poster(await onNetwork(retried([url]))))
  expect(once(executed)).toEqual([POSTS, 1])
  expect(statuses).toEqual(new Map([[answer, POSTS]]))
})

test('what a server has had before the network gives it up is not sent again', async () => {
  const { url, executed } = await countingServer(status(200))
  // A server of this name gets the request, and then the network answers for it.
  const named = url.replace('127.0.0.1', '524-after.network.test')
  const post = poster(await onNetwork(retried([named])))
  expect(await Promise.all(['a', 'b', 'c'].map(post))).toEqual([504, 504, 504])
  expect(once(executed)).toEqual([3, 1])
})

test.each([521, 523, 525, 526, 530])('what the network answers with %i was not sent', async (code) => {
  const good = await countingServer(status(200))
  const post = poster(await onNetwork(retried([`http://${code}.network.test`, good.url])))
  expect(await Promise.all(['a', 'b', 'c', 'd'].map(post))).toEqual([200, 200, 200, 200])
  expect(once(good.executed)).toEqual([4, 1])
})

test('a POST that was not sent is sent to another server', async () => {
  const [down, good] = [await countingServer(status(521)), await countingServer(status(200))]
  const statuses = await sendPosts(poster(await onNetwork(retried([down.url, good.url]))))
  expect(once(good.executed)).toEqual([POSTS, 1])
  expect(statuses).toEqual(new Map([[200, POSTS]]))
})

test.each([
  ['an idempotent method', 'PUT', {}],
  ['a method that the configuration allows', 'POST', { retryNonIdempotentMethod: true }],
])('%s is sent again', async (_what, method, options) => {
  const [broken, good] = [await countingServer(reset), await countingServer(status(200))]
  const url = await onNetwork(retried([broken.url, good.url], options))
  const statuses = await Promise.all(
    Array.from({ length: 6 }, async (_, at) => (await fetch(url, { method, body: `${at}` })).status),
  )
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200])
  expect(broken.executed.size).toBeGreaterThan(0)
})
