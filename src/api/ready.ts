import { Fields } from '../http/fields.ts'
import type { Handler } from '../http/handler.ts'
import { ProxyResponse } from '../http/response.ts'
import { statusText } from '../http/status.ts'

/**
 * Answers 200 once what every provider says is in force, and before that 503 with the names of those that are missing
 * (the options are those of Traefik's pull request 12999).
 * @param missing names of providers that have not spoken, or whose word is not in force yet
 */
export function createReady(
  missing: () => readonly string[],
  isTerminating: () => boolean,
  terminatingStatus: number,
): Handler {
  return () => {
    if (isTerminating()) return new ProxyResponse(terminatingStatus, new Fields(), statusText(terminatingStatus))
    const names = missing()
    if (names.length === 0) return new ProxyResponse(200, new Fields(), statusText(200))
    return new ProxyResponse(503, new Fields(), `waiting for: ${names.join(', ')}\n`)
  }
}
