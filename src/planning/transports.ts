import type { HttpServersTransport } from '../config/dynamic/http.ts'
import type { ServersTransportPlan } from '../plan/plan.ts'
import { durationMs } from '../schema/duration.ts'
import type { ProblemList } from './problems.ts'

/** Go's `DefaultMaxIdleConnsPerHost`. */
const DEFAULT_MAX_IDLE = 2

const PENDING = ['certificates', 'cipherSuites', 'minVersion', 'maxVersion', 'peerCertURI', 'spiffe'] as const

/** Options of a servers transport as connections take them (contract http-services §10). */
export function planServersTransport(
  name: string,
  options: HttpServersTransport,
  problems: ProblemList,
): ServersTransportPlan {
  const pending = PENDING.find((option) => options[option] !== undefined)
  const error = pending === undefined ? null : `servers transport ${name}: ${pending} is not available yet`
  if (error !== null) problems.add('error', 'serversTransports', name, [pending!], error)
  const timeouts = options.forwardingTimeouts
  return {
    dialTimeoutMs: durationMs(timeouts?.dialTimeout ?? '30s'),
    responseHeaderTimeoutMs: durationMs(timeouts?.responseHeaderTimeout ?? '0s'),
    idleConnTimeoutMs: durationMs(timeouts?.idleConnTimeout ?? '90s'),
    maxIdleConnsPerHost: options.maxIdleConnsPerHost || DEFAULT_MAX_IDLE,
    tls: {
      serverName: options.serverName ?? '',
      insecureSkipVerify: options.insecureSkipVerify ?? false,
      rootCAs: options.rootCAs ?? [],
    },
    error,
  }
}
