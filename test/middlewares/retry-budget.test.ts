import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { UpstreamFailure } from '../../src/http/failure.ts'
import type { Handler } from '../../src/http/handler.ts'
import { failureReply } from '../../src/http/replies.ts'
import { retryElement } from '../../src/middlewares/retry/retry.schema.ts'
import { retry } from '../../src/middlewares/retry/retry.ts'
import { RetryBudget } from '../../src/middlewares/retry/retry-budget.ts'
import {
  buildMiddleware,
  prepareErrorOf,
  requestOf,
  responseOf,
  TestContext,
  testScopes,
} from '../support/middleware.ts'
import { FakeClock } from '../support/ports.ts'

/** How many retries there are until none is left. */
function drain(budget: RetryBudget, now: number): number {
  let count = 0
  while (budget.spend(now)) count++
  return count
}

function earn(budget: RetryBudget, requests: number, now: number): void {
  for (let i = 0; i < requests; i++) budget.earn(now)
}

describe('a budget', () => {
  test.each([
    [{ percent: 20, minPerSecond: 0 }, 100, 20],
    [{ percent: 20, minPerSecond: 0 }, 4, 0],
    [{ percent: 20, minPerSecond: 1 }, 4, 10],
    [{ percent: 0, minPerSecond: 3 }, 1_000, 30],
    [{ percent: 100, minPerSecond: 0 }, 7, 7],
    [{ percent: 0, minPerSecond: 0 }, 1_000, 0],
  ])('%o after %d requests: %d', (config, requests, retries) => {
    const budget = new RetryBudget(config)
    earn(budget, requests, 5_000)
    expect(drain(budget, 5_999)).toBe(retries)
  })

  test('requests and retries are forgotten after ten seconds', () => {
    const budget = new RetryBudget({ percent: 50, minPerSecond: 0 })
    earn(budget, 10, 1_000)
    expect(drain(budget, 4_000)).toBe(5)
    earn(budget, 10, 10_999)
    expect(drain(budget, 10_999)).toBe(5)
    // The requests of the first second are gone, the retries are not.
    expect(drain(budget, 11_000)).toBe(0)
    expect(drain(budget, 13_999)).toBe(0)
    // Then five of the ten retries go.
    expect(drain(budget, 14_000)).toBe(0)
    earn(budget, 4, 14_000)
    expect(drain(budget, 14_000)).toBe(2)
    // After a long silence everything is.
    expect(drain(budget, 900_000)).toBe(0)
    earn(budget, 2, 900_000)
    expect(drain(budget, 900_000)).toBe(1)
  })

  test('a clock that stands still or is far on', () => {
    const budget = new RetryBudget({ percent: 100, minPerSecond: 0 })
    earn(budget, 1, 1e12)
    expect([budget.spend(1e12), budget.spend(1e12)]).toEqual([true, false])
  })
})

describe('retry with a budget', () => {
  type Options = z.input<typeof retryElement.schema>
  const failing = (): { handle: Handler; seen: () => number } => {
    let seen = 0
    return {
      handle: () => {
        seen++
        return failureReply(new UpstreamFailure('connect', 'unsent', null))
      },
      seen: () => seen,
    }
  }

  test('what is over it is delivered as it is, for all routers together', async () => {
    const clock = new FakeClock()
    const shared = new Map<string, unknown>()
    const scopes = testScopes({ ports: { clock } })
    const build = {
      ...scopes.build,
      once<T>(create: () => T): T {
        if (!shared.has('m')) shared.set('m', create())
        return shared.get('m') as T
      },
    }
    const options: Options = { attempts: 2, budget: { percent: 50, minPerSecond: 0 } }
    const server = failing()
    const [one, other] = [1, 2].map(() =>
      buildMiddleware(retryElement, retry, options, { ...scopes, build })(server.handle),
    )
    for (const handle of [one!, other!, one!, other!, one!]) {
      expect((await handle(requestOf(), new TestContext())).status).toBe(502)
    }
    // Five requests, and a retry with the second and the fourth.
    expect(server.seen()).toBe(7)
    expect(scopes.logged).toHaveLength(3)
    clock.advance(60_000)
    await one!(requestOf(), new TestContext())
    expect(server.seen()).toBe(8)
  })

  test('an empty one has its defaults', async () => {
    const server = failing()
    const handle = buildMiddleware(retryElement, retry, { attempts: 2, budget: {} })(server.handle)
    for (let i = 0; i < 200; i++) await handle(requestOf(), new TestContext())
    // 10 a second over ten seconds, and a fifth of the requests.
    expect(server.seen()).toBe(200 + 100 + 40)
  })

  test('an answer that came through stays as it is', async () => {
    const handle = buildMiddleware(retryElement, retry, { attempts: 2, budget: {}, status: ['503'] })(() =>
      responseOf(),
    )
    const cx = new TestContext()
    expect((await handle(requestOf(), cx)).status).toBe(200)
    expect(cx.record.retries).toBe(0)
  })

  test.each<[Options, string]>([
    [{ attempts: 2, budget: { percent: 101 } }, 'budget.percent is not from 0 to 100: 101'],
    [{ attempts: 2, budget: { percent: -1 } }, 'budget.percent is not from 0 to 100: -1'],
    [{ attempts: 2, budget: { minPerSecond: -1 } }, 'negative value not valid for budget.minPerSecond: -1'],
  ])('%o: %s', (options, error) => {
    expect(prepareErrorOf(retryElement, options)).toBe(error)
  })
})
