import { goesOn, type TellEffect } from '../../contracts/effect.ts'
import type { RetryConfig } from './retry.ts'

export const retryEffect: TellEffect<RetryConfig> = ({ attempts, onNetworkError, status }) => {
  if (attempts === 1) return goesOn('lets the request through once')
  const causes = [
    ...(onNetworkError ? ['a server can’t be reached'] : []),
    ...(status.length > 0 ? ['an answer has one of its statuses'] : []),
  ]
  return goesOn(`sends the request up to ${attempts} times where ${causes.join(' or ')}`)
}
