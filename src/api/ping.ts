import { Fields } from '../http/fields.ts'
import type { Handler } from '../http/handler.ts'
import { ProxyResponse } from '../http/response.ts'
import { statusText } from '../http/status.ts'

/**
 * Answers any request with 200 and `OK`, and once the process terminates with another status and its reason
 * (Traefik `pkg/ping`).
 */
export function createPing(isTerminating: () => boolean, terminatingStatus: number): Handler {
  return () => {
    const status = isTerminating() ? terminatingStatus : 200
    return new ProxyResponse(status, new Fields(), statusText(status))
  }
}
