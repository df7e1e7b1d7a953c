import { AUTH_TIMEOUT_MS } from '../../plan/limits.ts'
import type { ServersTransportPlan } from '../../plan/plan.ts'
import type { ServerTlsPlan } from '../../plan/tls.ts'

/** How servers that decide are asked: Go's default client, with the time that Traefik gives it. */
export function authTransport(tls: ServerTlsPlan): ServersTransportPlan {
  return {
    error: null,
    dialTimeoutMs: AUTH_TIMEOUT_MS,
    responseHeaderTimeoutMs: AUTH_TIMEOUT_MS,
    idleConnTimeoutMs: 90_000,
    maxIdleConnsPerHost: 2,
    http2: true,
    readIdleTimeoutMs: 0,
    pingTimeoutMs: 15_000,
    tls,
  }
}
