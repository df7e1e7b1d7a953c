import { expect, test } from 'vitest'
import { check, type Kill, LEFTS, runKills, WHATS, WHENS } from './faults/kill.ts'

/** Every cell of the matrix; `npm run test:kill` lets KV fail for a minute. */
const kills: Kill[] = WHENS.flatMap((when) => WHATS.flatMap((what) => LEFTS.map((left) => ({ when, what, left }))))

test('whatever happens to KV or to the plan in it, an isolate is never dark for longer than it must be', {
  timeout: 300_000,
}, async () => {
  const results = await runKills(kills, 4_000, 12)
  expect(results.length).toBe(96)
  console.log(`slowest answer ${Math.max(...results.flatMap(({ during }) => during.map(({ tookMs }) => tookMs)))} ms`)
  console.log(`slowest recovery ${Math.max(...results.map(({ recoveredMs }) => recoveredMs))} ms`)
  for (const result of results) check(result, 1_500)
})
