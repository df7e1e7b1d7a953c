import type { NativeRequest } from './bridge/request.ts'
import type { WorkerEnv } from './env.ts'
import signalbox from './worker.ts'

/**
 * The worker of `edge dev`: what Cloudflare's network does to every request is done to those that come straight to
 * workerd. What a client says of itself in its place is dropped. Requests by https come to a port of their own, as TLS
 * has been ended before.
 */

export { SignalboxState } from './worker.ts'

interface LocalEnv extends WorkerEnv {
  /** The address that every client has; empty where it is not known. */
  readonly SIGNALBOX_LOCAL_CLIENT?: string
}

export default {
  fetch: (native: Request, env: LocalEnv, execution: ExecutionContext) =>
    signalbox.fetch(asReceived(native, 'http', env), env, execution),
  scheduled: signalbox.scheduled,
} satisfies ExportedHandler<LocalEnv>

/** The entry point for requests that came by https. */
export const https = {
  fetch: (native: Request, env: LocalEnv, execution: ExecutionContext) =>
    signalbox.fetch(asReceived(native, 'https', env), env, execution),
} satisfies ExportedHandler<LocalEnv>

/** Not a `Request`: making one would change paths with dot segments, which the worker must see as they came. */
function asReceived(native: Request, scheme: 'http' | 'https', { SIGNALBOX_LOCAL_CLIENT: client = '' }: LocalEnv) {
  const headers = new Headers(native.headers)
  headers.delete('CF-Worker')
  if (client === '') headers.delete('CF-Connecting-IP')
  else headers.set('CF-Connecting-IP', client)
  const { method, url, body, signal } = native
  const tls = scheme === 'https' ? { tlsVersion: 'TLSv1.3', tlsCipher: 'AEAD-AES128-GCM-SHA256' } : {}
  const received: NativeRequest = {
    method,
    url: `${scheme}${url.slice(url.indexOf(':'))}`,
    headers,
    body,
    signal,
    cf: { colo: 'DEV', httpProtocol: 'HTTP/1.1', ...tls },
  }
  return received
}
