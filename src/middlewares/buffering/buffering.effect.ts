import { goesOn, type TellEffect } from '../../contracts/effect.ts'
import type { BufferingConfig } from './buffering.ts'

export const bufferingEffect: TellEffect<BufferingConfig> = (config) => {
  const { maxRequestBodyBytes, maxResponseBodyBytes, retryExpression } = config
  const parts = [`reads content of the request (${limit(maxRequestBodyBytes)}, else 413)`]
  parts.push(`and of the answer (${limit(maxResponseBodyBytes)}, else 500) before it goes on`)
  if (retryExpression !== null) parts.push('and sends a request with content again where its expression holds')
  return goesOn(parts.join(' '))
}

const limit = (bytes: number): string => (bytes > 0 ? `at most ${bytes} bytes` : 'of any length')
