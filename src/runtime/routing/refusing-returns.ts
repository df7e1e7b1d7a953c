import type { Handler } from '../../http/handler.ts'
import { bareReply } from '../../http/replies.ts'

/** Traefik's name, so that loops through both are found. */
const MARK_FIELD = 'X-Traefik-Router'

/**
 * Refuses a request that this router has sent on before: a rule made of a name may take requests that are meant for the
 * server behind it (Traefik `pkg/middlewares/denyrouterrecursion`).
 */
export function refusingReturns(mark: string, next: Handler): Handler {
  return (request, cx) => {
    if (request.headers.get(MARK_FIELD) === mark) return bareReply(400)
    request.headers.set(MARK_FIELD, mark)
    return next(request, cx)
  }
}
