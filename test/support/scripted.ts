import { UpstreamFailure } from '../../src/http/failure.ts'
import type { Handler } from '../../src/http/handler.ts'
import { failureReply } from '../../src/http/replies.ts'
import type { ProxyRequest } from '../../src/http/request.ts'
import { type ResponseSketch, responseOf } from './middleware.ts'
import { textOf } from './pieces.ts'

/** A next handler that answers from a list, the last one for ever, and keeps what it saw. */
export function scripted(...answers: (ResponseSketch | UpstreamFailure)[]) {
  const seen: ProxyRequest[] = []
  const bodies: string[] = []
  const handle: Handler = async (request) => {
    seen.push(request)
    const answer = answers[Math.min(seen.length, answers.length) - 1]!
    if (answer instanceof UpstreamFailure) return failureReply(answer)
    bodies.push(await textOf(request.content))
    return responseOf(answer)
  }
  return { handle, seen, bodies }
}
