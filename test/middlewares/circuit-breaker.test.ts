import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { circuitBreakerElement } from '../../src/middlewares/circuit-breaker/circuit-breaker.schema.ts'
import { circuitBreaker } from '../../src/middlewares/circuit-breaker/circuit-breaker.ts'
import {
  buildMiddleware,
  prepareErrorOf,
  requestOf,
  responseOf,
  TestContext,
  testScopes,
} from '../support/middleware.ts'
import { FakeClock } from '../support/ports.ts'

const end = { status: 200, size: 0, requestSize: 0, aborted: false }

describe('circuitBreaker', () => {
  type Options = z.input<typeof circuitBreakerElement.schema>
  const clock = new FakeClock()

  /** Sends requests one after the other; `status` is what the service would say. */
  const rig = (options: Options) => {
    let reached = 0
    let status = 200
    let delayMs = 0
    const handle = buildMiddleware(
      circuitBreakerElement,
      circuitBreaker,
      options,
      testScopes({ ports: { clock } }),
    )((_request, _cx) => {
      reached++
      clock.advance(delayMs)
      return responseOf({ status })
    })
    const send = async (answer: number, ms = 0): Promise<string> => {
      status = answer
      delayMs = ms
      const before = reached
      const cx = new TestContext()
      const response = await handle(requestOf(), cx)
      cx.end(end)
      return `${response.status}${reached === before ? ' refused' : ''}`
    }
    return send
  }

  test('opens at the first error, comes back over the recovery', async () => {
    const send = rig({
      expression: 'ResponseCodeRatio(500, 600, 0, 600) > 0.5',
      fallbackDuration: '10s',
      recoveryDuration: '10s',
    })
    expect(await send(500)).toBe('500')
    expect(await send(200)).toBe('503 refused')
    clock.advance(9_999)
    expect(await send(200)).toBe('503 refused')
    clock.advance(1)
    expect(await send(200)).toBe('503 refused')
    clock.advance(5_000)
    // 1 of 2 would be 0.5, but 0.25 is the target.
    expect(await send(200)).toBe('503 refused')
    expect(await send(200)).toBe('503 refused')
    expect(await send(200)).toBe('503 refused')
    clock.advance(1_000)
    expect(await send(200)).toBe('200')
    clock.advance(4_001)
    expect(await send(200)).toBe('200')
    expect(await send(200)).toBe('200')
  })

  test('a failure within the recovery opens it again', async () => {
    const send = rig({
      expression: 'NetworkErrorRatio() > 0.1',
      fallbackDuration: '1s',
      recoveryDuration: '1s',
      responseCode: 429,
    })
    expect(await send(504)).toBe('504')
    clock.advance(1_000)
    expect(await send(200)).toBe('429 refused')
    clock.advance(999)
    expect(await send(200)).toBe('429 refused')
    expect(await send(502)).toBe('502')
    clock.advance(999)
    expect(await send(200)).toBe('429 refused')
  })

  test.each([
    [0, 500],
    [42, 500],
    [204, 204],
    [700, 700],
  ])('response code %d', async (responseCode, status) => {
    const send = rig({ expression: 'NetworkErrorRatio() > 0.1', responseCode })
    await send(502)
    expect(await send(200)).toBe(`${status} refused`)
  })

  test('evaluates once in a period', async () => {
    const send = rig({ expression: 'ResponseCodeRatio(500, 600, 0, 600) >= 0.5', checkPeriod: '100ms' })
    expect(await send(200)).toBe('200')
    expect(await send(500)).toBe('500')
    expect(await send(500)).toBe('500')
    clock.advance(100)
    expect(await send(500)).toBe('500')
    expect(await send(500)).toBe('503 refused')
  })

  test('counts of more than ten seconds ago are gone', async () => {
    const send = rig({ expression: 'ResponseCodeRatio(500, 600, 0, 600) > 0.6' })
    await send(200)
    await send(500)
    clock.advance(11_000)
    expect(await send(500)).toBe('500')
    expect(await send(200)).toBe('503 refused')
  })

  test.each([
    [100, 50, '200'],
    [102, 50, '503 refused'],
  ])('latency of %d ms', async (ms, _quantile, after) => {
    const send = rig({ expression: 'LatencyAtQuantileMS(50.0) > 101' })
    expect(await send(200, ms)).toBe('200')
    expect(await send(200)).toBe(after)
  })

  test.each<[Options, RegExp]>([
    [{}, /1:1: expected operand, found 'EOF'/],
    [{ expression: 'NetworkErrorRatio() > 1' }, /expected int, got int/],
    [{ expression: 'LatencyAtQuantileMS(50) > 1' }, /reflect: Call using int as type float64/],
  ])('%o', (options, error) => {
    expect(prepareErrorOf(circuitBreakerElement, options)).toMatch(error)
  })
})
