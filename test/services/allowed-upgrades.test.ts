import { expect, test } from 'vitest'
import { one, serviceBench } from '../support/services.ts'

test.each<[string[] | undefined, string, string | null]>([
  [undefined, 'docker-stream', 'docker-stream'],
  [['websocket'], 'websocket', 'websocket'],
  [['WebSocket'], 'WEBSOCKET', 'WEBSOCKET'],
  [['websocket'], 'spdy/3.1', null],
  [['spdy'], 'SPDY/3.1', 'SPDY/3.1'],
  [['SPDY/3.1'], 'spdy/3.1', 'spdy/3.1'],
  [['spdy/3.1'], 'spdy/2', null],
  [['websocket', 'spdy'], 'websocket , spdy/3.1', 'websocket , spdy/3.1'],
  [['websocket'], 'websocket, spdy/3.1', null],
  [['websocket'], 'websocket,', null],
  [[], 'websocket', null],
])('of %j a request for %j upgrades to %j', async (allowedUpgrades, upgrade, passed) => {
  const bench = serviceBench({ app: one('a', allowedUpgrades === undefined ? {} : { allowedUpgrades }) })
  expect(bench.errors('app')).toEqual([])
  const answer = await bench.send({ upgrade, headers: ['Sec-WebSocket-Key', 'x'] })
  expect(answer.status).toBe(200)
  const { request } = bench.asked[0]!
  expect([request.upgrade, request.headers.get('upgrade')]).toEqual([passed, passed])
  expect(request.headers.get('connection')).toBe(passed === null ? null : 'Upgrade')
})

test('ordinary requests are as ever', async () => {
  const bench = serviceBench({ app: one('a', { allowedUpgrades: [] }) })
  expect((await bench.send()).status).toBe(200)
  expect(bench.asked[0]!.request.upgrade).toBeNull()
})
