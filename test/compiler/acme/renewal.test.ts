import { describe, expect, test } from 'vitest'
import { backOffMs, renewalPlan, renewalTime, windowAgeMs } from '../../../src/compiler/acme/renewal.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

// What Traefik's own tests fix (Test_getCertificateRenewDurations).
test.each([
  [1, 20 * MINUTE, MINUTE],
  [24 * 365, 120 * DAY, 7 * DAY],
  [24 * 265, 30 * DAY, DAY],
  [24 * 90, 30 * DAY, DAY],
  [24 * 45, 10 * DAY, 12 * HOUR],
  [24 * 30, 10 * DAY, 12 * HOUR],
  [24 * 7, 2 * DAY, 2 * HOUR],
  [160, 2 * DAY, 2 * HOUR],
  [24, 6 * HOUR, 10 * MINUTE],
])('%s hours: renewed %s ms before the end, looked at every %s ms', (hours, beforeMs, everyMs) => {
  expect(renewalPlan(hours)).toEqual({ beforeMs, everyMs })
})

describe('when a certificate is renewed', () => {
  const validity = { notBefore: new Date(0), notAfter: new Date(100 * DAY) }
  const plan = renewalPlan(2160)
  const window = (start: number, end: number) => ({ start: new Date(start * DAY), end: new Date(end * DAY) })

  test('by the table, where the authority says nothing', () => {
    expect(renewalTime(validity, plan, null, 0.5)).toBe(70 * DAY)
  })

  test('at the drawn place in the window of the authority', () => {
    expect(renewalTime(validity, plan, window(20, 30), 0)).toBe(20 * DAY)
    expect(renewalTime(validity, plan, window(20, 30), 0.5)).toBe(25 * DAY)
    expect(renewalTime(validity, plan, window(80, 90), 0.5)).toBe(85 * DAY)
  })

  test('never so late that nothing is left of its time', () => {
    expect(renewalTime(validity, plan, window(200, 300), 0.5)).toBe(95 * DAY)
  })
})

test('windows are asked for as often as the authority says, within limits', () => {
  expect(windowAgeMs(null)).toBe(6 * HOUR)
  expect(windowAgeMs(1)).toBe(MINUTE)
  expect(windowAgeMs(2 * HOUR)).toBe(2 * HOUR)
  expect(windowAgeMs(30 * DAY)).toBe(DAY)
})

describe('how long names are left alone', () => {
  const plain = { isRateLimit: false, retryAfterMs: null }

  test('ever longer, with a limit', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 100].map((failures) => backOffMs(failures, plain, 0) / MINUTE)).toEqual([
      1, 3, 9, 27, 81, 243, 360, 360,
    ])
  })

  test('as long as the authority says', () => {
    expect(backOffMs(1, { isRateLimit: true, retryAfterMs: 5 * HOUR }, 0)).toBe(5 * HOUR)
    expect(backOffMs(1, { isRateLimit: true, retryAfterMs: 1000 }, 0)).toBe(MINUTE)
  })

  test('an hour after too many requests', () => {
    expect(backOffMs(1, { isRateLimit: true, retryAfterMs: null }, 0)).toBe(HOUR)
  })

  test('not all at the same time', () => {
    expect(backOffMs(1, plain, 0.999)).toBeGreaterThan(MINUTE)
    expect(backOffMs(1, plain, 0.999)).toBeLessThan(1.1 * MINUTE)
  })
})
