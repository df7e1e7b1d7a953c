import { goesOn, type TellEffect } from '../../contracts/effect.ts'
import type { CircuitBreakerConfig } from './circuit-breaker.ts'

/** Whether the circuit is open is known to the instance of each router alone. */
export const circuitBreakerEffect: TellEffect<CircuitBreakerConfig> = ({ responseCode, fallbackDurationMs }) =>
  goesOn(
    `lets the request through unless its circuit is open: ${responseCode ?? 500} then, for ${fallbackDurationMs / 1000} s`,
  )
