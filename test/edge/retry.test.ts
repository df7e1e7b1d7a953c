import { expect, test } from 'vitest'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { countingServer, POSTS, reset, retried, sendPosts, status } from '../support/counting-server.ts'
import { allModules, planOf, worker } from './proxy.ts'

/** The worker as on the network: its requests have `cf`, so a status of 520 and above is the network's own. */
const FRONT = `
import signalbox from './worker.js'
export { SignalboxState } from './worker.js'
export default {
  fetch: (request, env, context) =>
    signalbox.fetch(new Request(request, { cf: { colo: 'TST' } }), env, context),
}`

const key = await generateSigningKey()

async function onNetwork(dynamic: unknown) {
  const started = await worker(
    { SIGNALBOX_PUBLIC_KEYS: key.publicKey, SIGNALBOX_REFRESH_MS: '600000' },
    { modules: Object.fromEntries([['front.js', FRONT], ...allModules()]) },
  )
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
