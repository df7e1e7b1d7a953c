import { expect, test } from 'vitest'
import { check, type Kill, kills, runKills } from '../edge/faults/kill.ts'

/** As long as an outage of KV takes that people hear of. */
const OUTAGE_MS = 60_000

/** Longer than a request waits. */
const SHORT_MS = 5_000

const lastsLong = ({ what }: Kill): boolean => what === 'throws for long' || what === 'hangs'

test.each([
  ['KV fails for a minute', kills.filter(lastsLong), OUTAGE_MS],
  ['all else', kills.filter((kill) => !lastsLong(kill)), SHORT_MS],
])('never dark for longer than it must be: %s', { timeout: 600_000 }, async (_what, some, faultMs) => {
  const results = await runKills(some, faultMs, 16)
  expect(results.length).toBe(some.length)
  const answers = results.flatMap(({ during }) => during)
  console.log(
    `${some.length} cells, ${answers.length} answers, the slowest after ${Math.max(...answers.map(({ tookMs }) => tookMs))} ms; ` +
      `recoveries took ${results
        .map(({ recoveredMs }) => recoveredMs)
        .sort((a, b) => a - b)
        .join(', ')} ms`,
  )
  check(results)
})
