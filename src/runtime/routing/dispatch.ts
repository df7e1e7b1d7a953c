import type { Handler } from '../../http/handler.ts'
import { notFound } from '../../http/replies.ts'
import type { Switch } from '../switch.ts'

/**
 * Where streets meet: each exchange of an entry point begins on the snapshot in force and holds it until it is over.
 */
export function dispatch(entryPoint: string, current: Switch): Handler {
  return (request, cx) => {
    const snapshot = current.current
    snapshot.enter()
    cx.lease = snapshot
    const handlers = snapshot.http.get(entryPoint)
    if (handlers === undefined) return notFound()
    return request.scheme === 'https' ? handlers.tls(request, cx) : handlers.plain(request, cx)
  }
}
